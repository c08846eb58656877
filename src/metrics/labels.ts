/** Labels of a series as text: "k=v;k=v" sorted by key, absent (empty) labels left out. */

/** Labels by name. */
export type SeriesLabels = Readonly<Record<string, string>>;

/** The text form that the CSVs carry. */
export function formatLabels(labels: SeriesLabels): string {
  return Object.keys(labels)
    .filter((key) => labels[key] !== '')
    .sort()
    .map((key) => `${key}=${labels[key]}`)
    .join(';');
}

/** The labels behind the text form. A value may hold "=", not ";". */
export function parseLabels(text: string): SeriesLabels {
  if (text === '') return {};
  return Object.fromEntries(
    text.split(';').map((pair) => {
      const equals = pair.indexOf('=');
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

/** Whether a series with these labels is among those that `selector` selects; an empty value selects an absent label. */
export function labelsMatch(labels: SeriesLabels, selector: SeriesLabels): boolean {
  return Object.entries(selector).every(([key, value]) => (labels[key] ?? '') === value);
}
