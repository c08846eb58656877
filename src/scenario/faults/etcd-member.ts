/** How faults name a member of etcd. */
import { z } from 'zod';
import type { MemberChoice } from '../../components/etcd/index.ts';
import { severalForms } from '../schema-parts.ts';
import { wholeNumberSchema } from '../value-forms.ts';

/** Highest number of a member: seven founders, and as many that are added. */
const MAXIMUM_MEMBER = 15;

/** Number of a member, from 0. */
export const memberNumberSchema = wholeNumberSchema(0, MAXIMUM_MEMBER);

const part = z.enum(['leader', 'follower']);

/** A number from 0, `leader`, or `follower` (the first that runs). */
export const memberSchema: z.ZodType<MemberChoice, unknown> = severalForms([part, memberNumberSchema], (written) =>
  typeof written === 'number' ? memberNumberSchema : part,
);
