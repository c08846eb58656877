/** What a format is that can be imported. */
import type { Files } from '../scenario/index.ts';

/** What an import is asked for. */
export interface ImportRequest {
  readonly files: Files;
  /** Path of the file to be imported, as the user gave it. */
  readonly input: string;
  /** Which part of the file, where it holds several. */
  readonly workload: string | undefined;
  /** Name of the scenario's file without its ending, for the scenario and for files beside it. */
  readonly scenarioName: string;
  /** A path as the scenario has to name it: relative to where the scenario will be. */
  pathFromScenario(path: string): string;
}

/** What an import yields. */
export interface Imported {
  /** Text of the scenario. */
  readonly scenario: string;
  /** Files that it names, to be written beside it. */
  readonly files?: readonly { readonly name: string; readonly text: string }[];
  /** What could not be had, or is had in another way; each once. */
  readonly notes: readonly string[];
}

/** One format. */
export interface ImportFormat {
  /** What it is, in one sentence. */
  readonly help: string;
  /** What INPUT is: "a performance-config.yaml". */
  readonly input: string;
  /** Reads the file. Throws one PlimsollError with everything that is wrong with it. */
  read(request: ImportRequest): Imported;
}
