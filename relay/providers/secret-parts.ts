import { decodeUserInfo, type UserInfo } from './user-info.ts'

/** A header's value, of `Bearer abc` the `abc`, and of `Basic …` the pair: services echo parts. */
export function secretPartsOfHeader(value: string): readonly string[] {
  const credential = value.slice(value.indexOf(' ') + 1)
  const pair = Buffer.from(credential, 'base64').toString()
  return [value, credential, ...(/^basic /i.test(value) ? [pair] : [])]
}

/** The user info, path, query and fragment of a URL; all of a text that is no URL. */
export function secretPartsOfUrl(text: string): readonly string[] {
  const url = URL.parse(text)
  if (url === null) return [text]
  const parts = [url.username, url.password, url.pathname, url.search.slice(1), url.hash.slice(1)]
  return [...parts, ...url.searchParams.values()]
}

/** What must be masked of a user info: its parts, and the pair that `Basic` encodes. */
export function secretPartsOfUserInfo(encoded: UserInfo): readonly string[] {
  const { username, password } = decodeUserInfo(encoded) ?? encoded
  const parts = [encoded.username, encoded.password, username, password, `${username}:${password}`]
  return parts.filter((part) => part !== '' && part !== ':')
}
