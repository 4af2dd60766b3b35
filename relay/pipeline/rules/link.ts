import type { RuleVariables } from '../../cel/condition.ts'
import { compileTemplate } from '../../cel/template.ts'
import { RuleError } from './rule-error.ts'

/** The longest link, in characters; Bitbucket takes 450 at most, the other forges more than that. */
const MAX_LINK_LENGTH = 2_000

const EXPECTED =
  'expected the address of a page such as https://grafana.example/d/flux?var-name=$(event.involvedObject.name)'

/** The page that a message or a commit status leads to. */
export interface Link {
  /**
   * The URL, or undefined if the expressions give nothing. Throws `CelError` as a template does, and `RuleError`
   * for what is no URL of a page.
   */
  render(variables: RuleVariables): string | undefined
}

/**
 * Compiles a link: the URL of a page, in which `$(…)` holds an expression. A value behind other text is
 * percent-encoded, so that it stays within its part of the URL; one at the beginning is the URL's beginning. Throws
 * `CelError` and `RuleError`.
 */
export function compileLink(source: string): Link {
  const template = compileTemplate(source.trim())
  if (template.start !== '' && !WEB.test(template.start)) throw new RuleError(EXPECTED)
  return {
    render(variables) {
      const text = template.render(variables, writeValue).trim()
      return text === '' ? undefined : pageUrl(text)
    },
  }
}

const WEB = /^https?:\/\//i

/**
 * Percent-encodes what would end a part of a URL, or begin another one. Slashes, colons and commas are left: paths
 * and names of images have them.
 */
function writeValue(value: string, before: string): string {
  if (before === '') return value
  return encodeURIComponent(value.toWellFormed()).replace(/%(?:2F|3A|40|2C)/g, decodeURIComponent)
}

function pageUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null || !WEB.test(url.href)) {
    throw new RuleError('it gives no URL that begins with http:// or https://')
  }
  if (url.username !== '' || url.password !== '') {
    throw new RuleError('it gives a URL with a user name, which everybody would see')
  }
  if (url.href.length > MAX_LINK_LENGTH) {
    throw new RuleError(`it gives a URL of more than ${MAX_LINK_LENGTH} characters`)
  }
  return url.href
}
