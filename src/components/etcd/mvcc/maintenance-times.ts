/** How long the maintenance of a database takes, by its size: saving and restoring snapshots, starting on what is there. */
import { type Nanoseconds, NS_PER_SECOND, nanoseconds } from '../../../units/index.ts';
import type { StoreParameters } from './member-store.ts';

/** `etcdctl snapshot save`, or the leader's sending of a snapshot to a follower, for a file of so many bytes. */
export function snapshotSaveTime(parameters: StoreParameters, bytes: number): Nanoseconds {
  return nanoseconds(parameters.snapshotSaveBase + (bytes / parameters.snapshotSaveBytesPerSecond) * NS_PER_SECOND);
}

/** `etcdutl snapshot restore`, or a follower's taking over of a snapshot that it received. */
export function snapshotRestoreTime(parameters: StoreParameters, bytes: number): Nanoseconds {
  return nanoseconds(
    parameters.snapshotRestoreBase + (bytes / parameters.snapshotRestoreBytesPerSecond) * NS_PER_SECOND,
  );
}

/** From the start of the process until it serves: the log entries that are applied again, the revisions that the index is built from. */
export function restartTime(parameters: StoreParameters, entries: number, revisions: number): Nanoseconds {
  return nanoseconds(
    parameters.restartBase + entries * parameters.restartPerLogEntry + revisions * parameters.restartPerRevision,
  );
}
