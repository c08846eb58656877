/** The error for a name that is not one of those that are known: the known ones, the nearest of them, and how to mend it. */
import { nearestName, PlimsollError, type SourcePosition } from '../errors/index.ts';

/** More names than this are not listed in a message. */
const MAXIMUM_LISTED = 30;

/** What is expected where one of `names` is: all of them, or how many there are. */
export function oneOf(names: readonly string[]): string {
  if (names.length === 0) return 'no name: there is none';
  return names.length > MAXIMUM_LISTED
    ? `one of ${names.length} names that \`plimsoll list\` shows`
    : `one of ${names.join(', ')}`;
}

/** What an error for an unknown name says beside the names. */
interface UnknownNameDetails {
  readonly message: string;
  readonly place: { position?: SourcePosition; path: string };
  /** Words that would do as well, and that nobody means who mistypes a name. */
  readonly orWords?: readonly string[];
  readonly fix?: string;
}

/** An unknown name at a place. */
export function unknownNameError(name: string, known: Iterable<string>, details: UnknownNameDetails): PlimsollError {
  const names = [...known];
  const nearest = nearestName(name, names);
  const fix = details.fix ?? (nearest === undefined ? undefined : `write ${nearest}`);
  const expected = oneOf([...(details.orWords ?? []), ...names]);
  return new PlimsollError('P208', { ...details.place, message: details.message, expected, nearest, fix });
}
