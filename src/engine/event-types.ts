/** Names of what the simulation hands out, and the shape of what it calls. */
import type { Branded } from '../units/index.ts';

/** A registered type of event. */
export type EventType = Branded<'EventType'>;

/** A link over which messages travel in order. Ids count up from 0 in the order of opening. */
export type LinkId = Branded<'LinkId'>;

/** What happens when an event of a type is due. Both arguments are 32-bit integers; larger things live in the model's tables. */
export type EventHandler = (a: number, b: number) => void;
