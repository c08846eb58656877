/** What resolving an operation takes from its scenario. */
import type { PlimsollError, SourcePosition } from '../../errors/index.ts';
import type { AcceptedFields, TemplateRegistry, ValuePath } from '../../manifests/index.ts';

/** What an operation may use while it is resolved. */
export interface OperationContext {
  /** Templates of all pods of the scenario. */
  readonly templates: TemplateRegistry;
  /** Fields accepted without effect. */
  readonly accepted: AcceptedFields;
  /** Problems found; resolving goes on, so that all are reported at once. */
  readonly errors: PlimsollError[];
  /** Number of the operation in the scenario, from 0. */
  readonly index: number;
  /** Position and written path of a value inside the operation. */
  place(path: ValuePath): { position?: SourcePosition; path: string };
  /** Text of a file that the operation names at `path`; `undefined`, reported, if it cannot be read. */
  readFile(written: string, path: ValuePath): { readonly file: string; readonly text: string } | undefined;
  /** Runs something that throws coded errors, and reports them; `undefined` if it threw. */
  attempt<T>(action: () => T): T | undefined;
}
