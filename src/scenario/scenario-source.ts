/** A scenario file as it was read: once, so that every point of a sweep is resolved from the same text. */
import { nearestName, PlimsollError } from '../errors/index.ts';
import { parseYaml, type YamlDocument } from '../manifests/index.ts';

/** How files are reached: passed in, so that this room works in a browser too. */
export interface Files {
  /** Text of a file; throws if it cannot be read. */
  readText(path: string): string;
  /** The path of `relative` as seen from the directory of the file `from`. */
  resolve(from: string, relative: string): string;
  /** Paths of the files in the same directory, written as `path` is; to name the one that was meant. Absent = not known. */
  beside?(path: string): readonly string[];
}

/** A scenario file and everything that it names, read at most once. */
export interface ScenarioSource {
  /** Path of the file as the user gave it. */
  readonly file: string;
  readonly document: YamlDocument;
  /** The question in the file's first comment, "" if it has none. */
  readonly question: string;
  /** Files beside it, remembered. */
  readonly files: Files;
}

/** Reads a scenario file. Throws P201, P202 or P205 where it is not one YAML document. */
export function loadScenarioSource(files: Files, path: string): ScenarioSource {
  const text = readOrExplain(files, path);
  const documents = parseYaml(path, text);
  const [document, second] = documents;
  if (document === undefined || (documents.length === 1 && document.value === null)) {
    throw new PlimsollError('P205', {
      message: 'the file is empty',
      position: { file: path, line: 1, column: 1 },
      expected: 'a scenario: apiVersion, kind, metadata and spec',
      fix: 'start from scenarios/quickstart.yaml',
    });
  }
  if (second !== undefined) {
    throw new PlimsollError('P202', {
      message: 'the file holds several documents',
      position: second.positionOf([]),
      expected: 'one scenario a file',
      fix: 'remove the "---" and what follows, or make a file of its own of it',
    });
  }
  return { file: path, document, question: firstComment(text), files: remembering(files) };
}

/** Text of a file, or a coded error that says why there is none. */
export function readOrExplain(
  files: Files,
  path: string,
  details: { position?: PlimsollError['details']['position']; path?: string } = {},
): string {
  try {
    return files.readText(path);
  } catch (error) {
    const nearest = nearestName(path, files.beside?.(path).filter((other) => other !== path) ?? []);
    throw new PlimsollError('P201', { ...details, message: `${path} ${whyUnreadable(error)}`, nearest });
  }
}

function whyUnreadable(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EISDIR') return 'is a directory, not a file';
  if (code === 'EACCES') return 'may not be read';
  return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}

function remembering(files: Files): Files {
  const texts = new Map<string, string>();
  return {
    readText: (path) => {
      const known = texts.get(path);
      if (known !== undefined) return known;
      const text = files.readText(path);
      texts.set(path, text);
      return text;
    },
    resolve: (from, relative) => files.resolve(from, relative),
    beside: (path) => files.beside?.(path) ?? [],
  };
}

/** The first comment of a file, its lines joined; the line that names the schema for editors is none. */
function firstComment(text: string): string {
  const lines: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const comment = /^\s*#\s?(.*)$/.exec(line)?.[1];
    const isModeline = comment?.startsWith('yaml-language-server:') ?? false;
    if (comment !== undefined && !isModeline && comment.trim() !== '') lines.push(comment.trim());
    else if (lines.length > 0 || (comment === undefined && line.trim() !== '')) break;
  }
  return lines.join(' ');
}
