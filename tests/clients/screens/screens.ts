// Draws the app's screens as text, with the generated client: one request a screen.
//
//     node screens.js http://127.0.0.1:8000 TOKEN ROLL PHOTO PERSON

import {
  Configuration,
  MeApi,
  PhotosApi,
  RollsApi,
  UsersApi,
  type Comment,
  type Developing,
  type Member,
  type MeScreen,
  type NamedUser,
  type Photo,
  type PhotoScreen,
  type ProfileScreen,
  type Roll,
  type RollScreen,
} from "./clients/api/index.js";

type People = { [id: string]: NamedUser };

/** A person whom an answer names; somebody whom the viewer may not see has no name. */
function named(people: People, id: string): string {
  return people[id]?.displayName ?? "somebody";
}

function photoLine(photo: Photo, people: People): string {
  const size = photo.images ? `${photo.images.feed.width}x${photo.images.feed.height}` : photo.state;
  const liked = photo.viewer.liked ? ", one of them yours" : "";
  const shown = `  [${size}] by ${named(people, photo.owner)}: ${photo.counts.likes} likes${liked}`;
  return `${shown}, ${photo.counts.comments} comments`;
}

function developingLine(developing: Developing): string {
  const ready = developing.readyAt ? `, the next ready at ${developing.readyAt.toISOString()}` : "";
  return `  ${developing.count} developing${ready}`;
}

function memberLine(member: Member): string {
  return `  @${member.handle} (${member.role})`;
}

function commentLine(comment: Comment, people: People): string {
  return `  ${named(people, comment.author)}: ${comment.text}`;
}

function rollLine(roll: Roll): string {
  const cover = roll.cover ? "with a cover" : "without a cover";
  return `  ${roll.title}: ${roll.counts.photos} photos, ${roll.thumbs.length} thumbs, ${cover}`;
}

function rollPage(roll: RollScreen): string[] {
  return [
    `ROLL ${roll.title} (${roll.visibility}), by ${named(roll.people, roll.owner)}`,
    developingLine(roll.developing),
    ...(roll.members?.items ?? []).map(memberLine),
    ...(roll.photos?.items ?? []).map((photo) => photoLine(photo, roll.people)),
  ];
}

function photoPage(photo: PhotoScreen): string[] {
  const rolls = photo.rolls.map((id) => photo.namedRolls[id]?.title);
  return [
    `PHOTO taken at ${photo.takenAt.toISOString()}, in ${rolls.join(", ")}`,
    photoLine(photo, photo.people),
    ...(photo.comments?.items ?? []).map((comment) => commentLine(comment, photo.people)),
  ];
}

function profilePage(person: ProfileScreen): string[] {
  const { following, followedBy } = person.viewer;
  return [
    `PROFILE ${person.displayName} @${person.handle}: ${person.counts.followers} followers`,
    `  you follow them: ${following}, they follow you: ${followedBy}`,
    ...(person.photos?.items ?? []).map((photo) => photoLine(photo, person.people)),
    ...(person.rolls?.items ?? []).map(rollLine),
  ];
}

function darkroom(me: MeScreen): string[] {
  return [
    `DARKROOM of ${me.displayName}, in ${me.zone}`,
    developingLine(me.developing),
    ...(me.rejected?.items ?? []).map((photo) => `  rejected: ${photo.rejectedReason}`),
  ];
}

function listOfRolls(rolls: Roll[], people: People): string[] {
  return ["ROLLS", ...rolls.map((roll) => `${rollLine(roll)}, by ${named(people, roll.owner)}`)];
}

async function main(basePath: string, accessToken: string, roll: string, photo: string, user: string): Promise<void> {
  const configuration = new Configuration({ basePath, accessToken });
  const people = new UsersApi(configuration);
  const me = new MeApi(configuration);
  const rolls = await people.rolls({ user });
  const screens = [
    rollPage(await new RollsApi(configuration).roll({ roll, include: "photos,members" })),
    photoPage(await new PhotosApi(configuration).photo({ photo, include: "comments" })),
    profilePage(await people.profile({ user, include: "photos,rolls" })),
    darkroom(await me.me({ include: "rejected" })),
    listOfRolls(rolls.items, rolls.people),
  ];
  console.log(screens.map((lines) => lines.join("\n")).join("\n\n"));
}

const [, , base = "", token = "", roll = "", photo = "", person = ""] = process.argv;
await main(base, token, roll, photo, person);
