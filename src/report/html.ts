/** HTML that cannot be broken by what is put into it. */

/** Markup: text that is already HTML. Only {@link html} and {@link raw} make it. */
export interface Markup {
  readonly markup: string;
}

/** What a template takes: text is escaped, markup is not, lists are joined. */
type Part = string | number | Markup | readonly Part[];

/** A template whose values are escaped: html`<b>${name}</b>`. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const pieces = strings.map((text, i) => (i < parts.length ? text + render(parts[i] as Part) : text));
  return { markup: pieces.join('') };
}

/** Text that is HTML (or CSS, or a script) already. */
export function raw(markup: string): Markup {
  return { markup };
}

/** Data inside a script element: no "<" in it can end the element. */
export function embeddedJson(data: unknown): Markup {
  return raw(JSON.stringify(data).replaceAll('<', '\\u003c'));
}

/** A table with a caption; cells of number columns are set to the right. A row of a single cell is the heading of those below it, over all columns. */
export function table(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly Part[])[],
  numbersFrom: number,
): Markup {
  const headCells = head.map(
    (name, i) => html`<th scope="col" class="${i >= numbersFrom ? 'number' : 'text'}">${name}</th>`,
  );
  const bodyRows = rows.map((row) => {
    if (row.length === 1 && head.length > 1)
      return html`<tr><th scope="rowgroup" colspan="${head.length}" class="group">${row[0] as Part}</th></tr>\n`;
    const cells = row.map((cell, i) => html`<td class="${i >= numbersFrom ? 'number' : 'text'}">${cell}</td>`);
    return html`<tr>${cells}</tr>\n`;
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption>
<thead><tr>${headCells}</tr></thead>
<tbody>
${bodyRows}</tbody></table></div>`;
}

function render(part: Part): string {
  if (typeof part === 'string') return escapeText(part);
  if (typeof part === 'number') return String(part);
  return 'markup' in part ? part.markup : part.map(render).join('');
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
