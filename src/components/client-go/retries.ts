/** Which answers client-go sends again: those with Retry-After (429, 5xx), and connections that broke under a read. K:client-go/rest/with_retry.go. */
import { type RequestId, type Requests, StatusCode } from '../api-machinery/index.ts';

/** Whether an answer is worth another attempt, of at most `maxRetries` after the first. */
export function isWorthRetrying(requests: Requests, request: RequestId, maxRetries: number): boolean {
  if ((requests.retryAfter[request] as number) <= 0 || (requests.attempts[request] as number) >= maxRetries)
    return false;
  const code = requests.code[request] as number;
  const isServersFault = code === StatusCode.TooManyRequests || code >= StatusCode.InternalServerError;
  return isServersFault || code === StatusCode.ConnectionBroken;
}
