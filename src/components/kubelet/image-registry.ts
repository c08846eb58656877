/**
 * The registry that all nodes pull from: a number of pulls at once, the others waiting in line, and a bandwidth that the nodes which download share
 * equally, each at most as fast as its own link. Left out: its own disk and CPU, several registries, layers that are there already.
 */
import { SharedLink, type ValuesOf } from '../../engine/index.ts';
import { publishServer } from '../../metrics/index.ts';
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
  private readonly served: (tag: number) => void;
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
    this.served = done;
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
    this.fill();
    return [...broken, ...waiting.map(({ tag }) => tag)];
  }

  private begin({ node, bytes, tag, since }: Download): void {
    const waited = this.clientGo.simulation.now - since;
    this.clientGo.waits.passed(this.waitServer, waited);
    this.clientGo.waits.add(this.startup, this.waitServer, waited);
    this.link.start(node, bytes, tag);
  }

  private onDone(tag: number): void {
    this.fill();
    this.served(tag);
  }

  private fill(): void {
    while (this.link.active < this.concurrency && this.queue.length > 0) this.begin(this.queue.shift() as Download);
  }
}
