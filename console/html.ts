const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** HTML that `html` made, and only that: no other code can make one of a text. */
class Html {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

export type { Html }

/** What a template may hold. An array is its items, one after the other. */
export type HtmlValue = string | number | Html | readonly HtmlValue[]

/**
 * HTML of a template literal. Every value in it becomes text, between tags or in a quoted attribute,
 * unless it is `Html` itself. In an attribute without quotes, a script or a style nothing is safe.
 */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = parts[0] ?? ''
  for (const [index, value] of values.entries()) text += rendered(value) + (parts[index + 1] ?? '')
  return new Html(text)
}

function rendered(value: HtmlValue): string {
  if (value instanceof Html) return value.toString()
  if (typeof value === 'string') return escaped(value)
  if (typeof value === 'number') return String(value)
  return value.map(rendered).join('')
}

function escaped(text: string): string {
  // Most texts have none of these, and are as they are.
  if (!/[&<>"']/.test(text)) return text
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}
