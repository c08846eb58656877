/**
 * The registry that all nodes pull from: a number of pulls at once, the others waiting in line, and a bandwidth that the nodes which download share
 * equally, each at most as fast as its own link. Left out: its own disk and CPU, several registries, layers that are there already.
 */
import { SharedLink, type ValuesOf } from '../../engine/index.ts';
import { publishServer } from '../../metrics/index.ts';
import { NS_PER_SECOND } from '../../units/index.ts';
import type { ClientGo } from '../client-go/index.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';

/** A download that was asked for. */
interface Download {
  readonly node: number;
  readonly bytes: number;
  readonly tag: number;
  /** When it was asked for [ns]. */
  readonly since: number;
}

/** Name of the registry as a server. */
const SERVER = 'image registry';

/** The registry. */
export class ImageRegistry {
  private readonly clientGo: ClientGo;
  private readonly link: SharedLink;
  private readonly concurrency: number;
  private readonly queue: Download[] = [];
  /** Downloads that the registry serves, by tag. */
  private readonly served = new Map<number, Download>();
  /** What a node can download when nobody else does [B/s]. */
  private readonly nodeRate: number;
  private readonly done: (tag: number) => void;
  private readonly waitServer: number;
  private readonly startup: number;

  /** `done`: the download with this tag has ended. */
  constructor(
    clientGo: ClientGo,
    parameters: ValuesOf<typeof kubeletParameters>,
    startup: number,
    done: (tag: number) => void,
  ) {
    const { simulation, recorder, waits } = clientGo;
    const { registryBandwidth, registryConcurrency, nodeDownloadRate } = parameters;
    this.clientGo = clientGo;
    this.done = done;
    this.nodeRate = nodeDownloadRate;
    this.startup = startup;
    this.concurrency = registryConcurrency > 0 ? registryConcurrency : Number.POSITIVE_INFINITY;
    const total = registryBandwidth > 0 ? registryBandwidth : Number.POSITIVE_INFINITY;
    this.link = new SharedLink(simulation, SERVER, { total, perGroup: nodeDownloadRate }, (tag) => this.onDone(tag));
    this.waitServer = waits.server(SERVER, 'server');
    if (registryBandwidth === 0 && registryConcurrency === 0) return;
    publishServer(recorder, simulation, SERVER, () => ({
      busyNanoseconds: this.link.busyNanoseconds(),
      capacity: 1,
      queueLength: this.queue.length,
    }));
  }

  /** A node asks for an image. */
  download(node: number, bytes: number, tag: number): void {
    const { now } = this.clientGo.simulation;
    if (this.link.active < this.concurrency) this.begin({ node, bytes, tag, since: now });
    else this.queue.push({ node, bytes, tag, since: now });
  }

  /** A node has broken off its downloads. Returns their tags. */
  abort(node: number): readonly number[] {
    const waiting = this.queue.filter((download) => download.node === node);
    for (const download of waiting) this.queue.splice(this.queue.indexOf(download), 1);
    const broken = this.link.abort(node);
    for (const tag of broken) this.served.delete(tag);
    this.fill();
    return [...broken, ...waiting.map(({ tag }) => tag)];
  }

  private begin(download: Download): void {
    this.served.set(download.tag, download);
    this.link.start(download.node, download.bytes, download.tag);
  }

  private onDone(tag: number): void {
    const { bytes, since } = this.served.get(tag) as Download;
    this.served.delete(tag);
    // Whatever the download took longer than a node alone would need is waiting: in line, or for those that share the bandwidth.
    const alone = (bytes / this.nodeRate) * NS_PER_SECOND;
    const waited = Math.max(0, Math.floor(this.clientGo.simulation.now - since - alone));
    this.clientGo.waits.passed(this.waitServer, waited);
    this.clientGo.waits.add(this.startup, this.waitServer, waited);
    this.fill();
    this.done(tag);
  }

  private fill(): void {
    while (this.link.active < this.concurrency && this.queue.length > 0) this.begin(this.queue.shift() as Download);
  }
}
