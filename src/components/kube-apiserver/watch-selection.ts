/** What a watch or a list selects: everything, or the objects of one bucket (a node for pods, a key for others). */

/** Every object of the resource. */
export const EVERYTHING = -1;
