/** Verbs and status codes of the API, as numbers that fit a column. */

/** Verbs by number; the name is the metrics' `verb` label in upper case as kube-apiserver reports it. */
export const verbNames = ['GET', 'LIST', 'POST', 'PUT', 'PATCH', 'DELETE', 'WATCH', 'DELETECOLLECTION'] as const;

/** Number of a verb. */
export const Verb = {
  Get: 0,
  List: 1,
  Create: 2,
  Update: 3,
  Patch: 4,
  Delete: 5,
  Watch: 6,
  DeleteCollection: 7,
} as const;

/** Whether a verb changes objects: those requests count against max-mutating-requests-inflight. */
export function isMutating(verb: number): boolean {
  return (verb >= Verb.Create && verb <= Verb.Delete) || verb === Verb.DeleteCollection;
}

/** HTTP status codes that the modelled components meet. */
export const StatusCode = {
  /** The connection broke before an answer came. */
  ConnectionBroken: 0,
  Ok: 200,
  Created: 201,
  Forbidden: 403,
  NotFound: 404,
  Conflict: 409,
  Gone: 410,
  RequestEntityTooLarge: 413,
  UnprocessableEntity: 422,
  TooManyRequests: 429,
  InternalServerError: 500,
  GatewayTimeout: 504,
} as const;

/** Whether a code says that the request was carried out. */
export function isSuccess(code: number): boolean {
  return code === StatusCode.Ok || code === StatusCode.Created;
}
