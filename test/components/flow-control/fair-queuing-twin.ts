/**
 * Fair queuing, slow and obviously right: queues are lists of objects, every sum is taken anew, every lingering seat is an event.
 * The rules are those of K:apiserver/pkg/util/flowcontrol/fairqueuing/queueset/doc.go and queueset.go.
 */
import type { Fate, Job, LevelSettings } from './level-world.ts';

interface Request {
  readonly number: number;
  readonly queue: Queue;
  readonly arrival: number;
  readonly initial: number;
  final: number;
  extra: number;
  readonly work: number;
  start: number;
}

interface Queue {
  readonly waiting: Request[];
  readonly executing: Request[];
  seats: number;
  nextDispatch: number;
}

const widthOf = (request: Request) => Math.max(request.initial, request.final);
const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

export function runNaively(jobs: readonly Job[], level: LevelSettings): Fate[] {
  const fates: Fate[] = [];
  /** What is to happen; a deadline names its request, to be taken out when that is dispatched. */
  const agenda: { at: number; order: number; act: () => void; deadlineOf: number }[] = [];
  const queues: Queue[] = Array.from({ length: level.queues }, () => ({
    waiting: [],
    executing: [],
    seats: 0,
    nextDispatch: 0,
  }));
  let [now, virtual, order, deals, robin, limit] = [0, 0, 0, 0, 0, level.limit];
  const plan = (at: number, act: () => void, deadlineOf = -1) => {
    agenda.push({ at, order: order++, act, deadlineOf });
  };
  const isActive = (queue: Queue) => queue.waiting.length + queue.executing.length > 0;
  const seatsInUse = () => total(queues.map((queue) => queue.seats));
  const executing = () => total(queues.map((queue) => queue.executing.length));

  const bound = (queue: Queue) => {
    const [head] = queue.waiting;
    if (head !== undefined) queue.nextDispatch = Math.max(queue.nextDispatch, head.arrival);
  };

  const hasSeats = (width: number) => (width > limit ? executing() === 0 : seatsInUse() + width <= limit);

  const dispatch = (): boolean => {
    let best: Queue | undefined;
    let index = 0;
    for (let i = 1; i <= queues.length; i++) {
      const queue = queues[(robin + i) % queues.length] as Queue;
      const [head] = queue.waiting;
      if (head === undefined) continue;
      const known = best?.waiting[0];
      if (best === undefined || queue.nextDispatch + head.work < best.nextDispatch + (known?.work ?? 0)) {
        best = queue;
        index = (robin + i) % queues.length;
      }
    }
    const request = best?.waiting[0];
    if (best === undefined || request === undefined || !hasSeats(widthOf(request))) return false;
    robin = index;
    best.waiting.shift();
    if (request.final > limit) {
      request.extra = Math.ceil((request.final * request.extra) / limit);
      request.final = limit;
    }
    best.executing.push(request);
    best.seats += widthOf(request);
    best.nextDispatch += request.work;
    bound(best);
    request.start = now;
    fates[request.number] = { what: 'dispatched', at: now };
    const deadline = agenda.findIndex(({ deadlineOf }) => deadlineOf === request.number);
    if (deadline >= 0) agenda.splice(deadline, 1);
    plan(now + (jobs[request.number] as Job).took, () => finish(request));
    return true;
  };

  const dispatchAll = () => {
    while (seatsInUse() < limit && dispatch());
  };

  const finish = (request: Request) => {
    const { queue } = request;
    queue.executing.splice(queue.executing.indexOf(request), 1);
    queue.nextDispatch += request.initial * (now - request.start - level.estimate);
    bound(queue);
    const width = widthOf(request);
    if (request.extra > 0) {
      plan(now + request.extra, () => {
        queue.seats -= width;
        dispatchAll();
      });
    } else {
      queue.seats -= width;
    }
    dispatchAll();
  };

  const arrive = (number: number) => {
    const { hand, seats = 1, finalSeats = 0, extraLatency = 0 } = jobs[number] as Job;
    const offset = deals++ % hand.length;
    const turned = hand.map((_, i) => queues[hand[(offset + i) % hand.length] as number] as Queue);
    const workOf = (queue: Queue) => total(queue.waiting.map(({ work }) => work));
    const least = Math.min(...turned.map(workOf));
    const queue = turned.find((candidate) => workOf(candidate) === least) as Queue;
    if (seatsInUse() >= limit && queue.waiting.length >= level.queueLengthLimit) {
      fates[number] = { what: 'refused', at: now };
      return;
    }
    if (!isActive(queue)) queue.nextDispatch = virtual;
    const work = seats * level.estimate + finalSeats * extraLatency;
    const request: Request = {
      number,
      queue,
      arrival: virtual,
      initial: seats,
      final: finalSeats,
      extra: extraLatency,
      work,
      start: 0,
    };
    queue.waiting.push(request);
    bound(queue);
    dispatchAll();
    if (!queue.waiting.includes(request)) return;
    plan(
      now + level.waitLimit,
      () => {
        queue.waiting.splice(queue.waiting.indexOf(request), 1);
        bound(queue);
        fates[number] = { what: 'timed out', at: now };
        dispatchAll();
      },
      number,
    );
  };

  jobs.forEach((job, number) => {
    plan(job.at, () => arrive(number));
  });
  for (const change of level.limits ?? []) {
    plan(change.at, () => {
      limit = change.limit;
      dispatchAll();
    });
  }
  while (agenda.length > 0) {
    agenda.sort((a, b) => a.at - b.at || a.order - b.order);
    const next = agenda.shift() as (typeof agenda)[number];
    const active = queues.filter(isActive).length;
    const wanted = seatsInUse() + total(queues.flatMap((queue) => queue.waiting.map(widthOf)));
    if (active > 0) virtual += ((next.at - now) * Math.min(wanted, limit)) / active;
    now = next.at;
    next.act();
  }
  return fates;
}
