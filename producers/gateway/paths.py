"""Path parameters: ids of people, rolls, photos and comments."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from producers.gateway.bodies import PHOTO, ROLL, USER

UserId = Annotated[UUID, Path(description="The person.", examples=[USER])]
RollId = Annotated[UUID, Path(description="The roll.", examples=[ROLL])]
PhotoId = Annotated[UUID, Path(description="The photo.", examples=[PHOTO])]
CommentId = Annotated[UUID, Path(description="The comment.", examples=["0f8b7f0e-6d52-5c0b-a7cf-3c1d2b8f4a11"])]
