import { decodeUserInfo, type UserInfo } from './user-info.ts'

/**
 * The secret parts of a header's value: the whole, `abc` of `Bearer abc`, and the pair of `Basic
 * …`. Services echo parts.
 */
export function secretPartsOfHeader(value: string): readonly string[] {
  const credential = value.slice(value.indexOf(' ') + 1)
  const pair = Buffer.from(credential, 'base64').toString()
  return [value, credential, ...(/^basic /i.test(value) ? [pair] : [])]
}

/**
 * The secret parts of a URL: user info, path, query and fragment; the whole of a text that is not a
 * URL.
 */
export function secretPartsOfUrl(text: string): readonly string[] {
  const url = URL.parse(text)
  if (url === null) return [text]
  const parts = [url.username, url.password, url.pathname, url.search.slice(1), url.hash.slice(1)]
  return [...parts, ...url.searchParams.values()]
}

/** The secret parts of a user info: its parts, and the pair that `Basic` encodes. */
export function secretPartsOfUserInfo(encoded: UserInfo): readonly string[] {
  const { username, password } = decodeUserInfo(encoded) ?? encoded
  const parts = [encoded.username, encoded.password, username, password, `${username}:${password}`]
  return parts.filter((part) => part !== '' && part !== ':')
}
