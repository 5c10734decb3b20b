"""Refusals: why a write is not done. Decisions raise them; what they are in HTTP is in producers.gateway.problems."""

from enum import StrEnum, unique


@unique
class Code(StrEnum):
    """What a program tells refusals apart by. A code is permanent, has one meaning, and is raised in one place."""

    USER_NOT_FOUND = "user_not_found"
    ROLL_NOT_FOUND = "roll_not_found"
    PHOTO_NOT_FOUND = "photo_not_found"
    COMMENT_NOT_FOUND = "comment_not_found"
    NOT_FOLLOWING_USER = "not_following_user"
    NOT_FOLLOWING_ROLL = "not_following_roll"
    NOT_A_MEMBER = "not_a_member"
    USER_NOT_A_MEMBER = "user_not_a_member"
    PHOTO_NOT_LIKED = "photo_not_liked"
    PHOTO_NOT_IN_ROLL = "photo_not_in_roll"

    ACCOUNT_DEACTIVATED = "account_deactivated"
    SELF_FOLLOW = "self_follow"
    ROLL_OWNER_REQUIRED = "roll_owner_required"
    ROLL_MEMBERSHIP_REQUIRED = "roll_membership_required"
    ROLL_INVITATION_REQUIRED = "roll_invitation_required"
    INVITATION_FORBIDDEN = "invitation_forbidden"
    PHOTO_DELETION_FORBIDDEN = "photo_deletion_forbidden"
    PHOTO_PLACEMENT_FORBIDDEN = "photo_placement_forbidden"
    PHOTO_REMOVAL_FORBIDDEN = "photo_removal_forbidden"
    COMMENT_DELETION_FORBIDDEN = "comment_deletion_forbidden"

    HANDLE_TAKEN = "handle_taken"
    FOLLOW_LIMIT = "follow_limit"
    MEMBERSHIP_LIMIT = "membership_limit"
    PLACEMENT_LIMIT = "placement_limit"
    LAST_OWNER = "last_owner"
    PHOTO_ENDED = "photo_ended"
    PHOTO_NOT_DEVELOPED = "photo_not_developed"
    PHOTO_NOT_SHOWN = "photo_not_shown"
    UPLOAD_MISSING = "upload_missing"
    UPLOAD_REGISTERED = "upload_registered"
    UPLOAD_REUSED = "upload_reused"
    OWNER_ERASED = "owner_erased"

    NOTHING_TO_CHANGE = "nothing_to_change"
    HANDLE_INVALID = "handle_invalid"
    DISPLAY_NAME_INVALID = "display_name_invalid"
    ZONE_UNKNOWN = "zone_unknown"
    AVATAR_INVALID = "avatar_invalid"
    COVER_INVALID = "cover_invalid"
    ROLE_MISSING = "role_missing"
    TOO_MANY_ROLLS = "too_many_rolls"
    UPLOAD_SIZE_INVALID = "upload_size_invalid"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"

    RECORD_TOO_LARGE = "record_too_large"

    BEGUN_TOO_OFTEN = "begun_too_often"


class Refusal(Exception):
    """A write that is not done, and left nothing in the log.

    `code` is for programs and `detail` for people; `members` are further facts that a program can use."""

    def __init__(self, code: Code, detail: str, **members: str):
        super().__init__(detail)
        self.code, self.detail, self.members = code, detail, members


class NotFound(Refusal):
    """There is no such thing, as far as this person may know."""


class Forbidden(Refusal):
    """The person knows of it, but may not do this."""


class Conflict(Refusal):
    """It can't be done as things stand now."""


class Invalid(Refusal):
    """The request is wrong in itself."""


class TooLarge(Refusal):
    """The request is more than can be kept."""


class TooMany(Refusal):
    """It was done too often, and can't be done any more: waiting doesn't help."""


def no_such_user() -> NotFound:
    """Returns the refusal for a person who isn't there, or is hidden from the one who asks."""
    return NotFound(Code.USER_NOT_FOUND, "There is no such person.")


def no_such_roll() -> NotFound:
    """Returns the refusal for a roll that isn't there, or is hidden from the one who asks."""
    return NotFound(Code.ROLL_NOT_FOUND, "There is no such roll.")


def no_such_photo() -> NotFound:
    """Returns the refusal for a photo that isn't there, or is hidden from the one who asks."""
    return NotFound(Code.PHOTO_NOT_FOUND, "There is no such photo.")
