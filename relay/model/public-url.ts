/** The form of a public URL, as an error names it. */
export const PUBLIC_URL_FORM = 'an http:// or https:// URL without user name, query and fragment'

/**
 * The URL at which people open the relay, without a slash at its end: `https://relay.example.com`, or with a path
 * where a proxy puts it below one. Undefined for any other text.
 */
export function parsePublicUrl(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined
  const { href, origin, pathname } = url
  return href === `${origin}${pathname}` ? href.replace(/\/+$/, '') : undefined
}

/** Where people see a delivery in the console of a relay that is open at `publicUrl`. */
export function deliveryPageUrl(publicUrl: string | undefined, deliveryId: string) {
  return publicUrl === undefined ? undefined : `${publicUrl}/console/deliveries/${deliveryId}`
}

/** Where people see all deliveries that fit a query, in the console of a relay that is open at `publicUrl`. */
export function deliveriesPageUrl(publicUrl: string, query: Readonly<Record<string, string>>) {
  return `${publicUrl}/console/deliveries?${new URLSearchParams(query).toString()}`
}
