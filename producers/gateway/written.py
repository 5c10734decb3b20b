"""The response to a write: 202, and where its facts are in the log."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from producers.writes.plan import Plan


class Written(BaseModel):
    """What a write answers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "event_id": "8a2a54f0-49c8-5c55-b9f2-5f9a2b1c7c11",
                    "id": "8a2a54f0-49c8-5c55-b9f2-5f9a2b1c7c11",
                    "position": "photos-3@41",
                }
            ]
        }
    )

    event_id: UUID = Field(description="The fact that this made, or that had made it so already.")
    id: UUID = Field(description="What it made, changed or ended.")
    position: str | None = Field(description="As Darkroom-Position; null where nothing had to be appended.")


def response_of(plan: Plan) -> Response:
    """Returns the response to an executed plan: 202, and where its events are in the log."""
    content = {"event_id": str(plan.event_id), "id": str(plan.id), "position": plan.position}
    return JSONResponse(content, 202, {"Darkroom-Position": plan.position} if plan.position else {})
