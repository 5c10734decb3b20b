"""Lists the modules that are mutated and the tests that don't take part. Only docs/mutants.md names modules too."""

CORE = {
    "api": """
        answers context fill_page hydrated hydration image_urls includes lists me photos presentation rolls slots users
    """,
    "api.cache": "answers fleet kept sizes store wire",
    "events": "codec ids personal positions reachability topics",
    "processors": "cleanup develop expand filter filter_late low_water",
    "processors.handlers": """
        absent_keys checkpoint circuit_breaker constants copies dead_letter fold handler patient projected projector
        reactor reader reject writer
    """,
    "processors.log": "ends records",
    "processors.redrive": "redrive replay",
    "processors.transport": "lease",
    "producers.decide": "accounts decision develops_at follows members photos reactions rolls",
    "producers.gateway": "accounts follows members photos reactions reads rolls uploads write written",
    "producers.writes": "execute idempotency plan",
    "projections.accounts": "users users_by_handle",
    "projections": "buckets loader progress projection visibility",
    "projections.graph": "followers following",
    "projections.photos": """
        develop_due developed_of_user developing developing_in_roll developing_of_user due photo photos_in_roll
        photos_of_user removals_due roll_feed
    """,
    "projections.reactions": "comments liked_by likers",
    "projections.rolls": "invitations members roll roll_followers rolls_of_user",
    "projections.store": "conditions groups inserts memory ring starts table",
    "projections.tally": "counts queries shard stamps tally",
    "web": "pagination read_your_writes tokens",
}
MODULES = tuple(f"{package}.{name}" for package, names in CORE.items() for name in names.split())
PACKAGES = ("events", "projections", "web", "producers", "processors", "api", "ops", "bench")

# Parts of those modules that only tests with servers can run, so that here each mutant would survive: they consist of
# calls to a client whose answers a fake would have to make up. By module, functions and classes.
ONLY_WITH_SERVERS = {
    # Conditional writes of Cassandra: tests/gateway/test_idempotency_store.py, with the contract that memory's has.
    "producers.writes.idempotency": ("CassandraIdempotencyStore",),
    # A consumer of Kafka's: tests/processors/test_log_records.py.
    "processors.log.records": ("LogRecords", "bounds", "first_since", "fetch_held", "fetch"),
}

# A fold's decorator: the annotation of the function's parameter is its subscription, so it is mutated too.
SUBSCRIBING = frozenset({"projection", "tally"})

# A test that has one of these fixtures, or a fixture that has one, needs servers.
SERVER_FIXTURES = frozenset({"servers"})
EXCLUDED = {
    "tests/bench": "times the benchmarks, in processes of its own",
    "tests/faults": "starts a whole system",
    "tests/film": "renders photos in processes of its own, and executes nothing of the core rules",
    "tests/mutation": "tests this runner",
    "tests/servers": "starts processes, which import the code from its files and not the mutant",
    "tests/transport/test_broker.py": "starts a broker of its own, to kill it",
    "tests/unit/test_docs.py": "holds the docs to the files, not to what they do",
}

# Loaded once, before the forks; nothing of the project is among them.
HEAVY = """
    aiokafka boto3 cassandra.cluster confluent_kafka confluent_kafka.admin coverage cryptography.fernet fastapi
    fastapi.testclient fastavro faust httpx hypothesis hypothesis.strategies jwt numpy PIL.Image prometheus_client
    psutil pydantic_settings pytest rich.console rich.progress uvicorn uvloop yaml
"""
