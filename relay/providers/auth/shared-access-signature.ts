import { createHmac } from 'node:crypto'
import type { SettingError } from '../setting-error.ts'

/** The parts of an event hub's connection string. */
export interface EventHubConnection {
  /** The host: `name.servicebus.windows.net`. */
  readonly host: string
  readonly hub: string
  readonly keyName: string
  readonly key: string
}

/**
 * Reads `Endpoint=sb://host/;SharedAccessKeyName=name;SharedAccessKey=key;EntityPath=hub`:
 * https://learn.microsoft.com/azure/event-hubs/event-hubs-get-connection-string The problem never
 * quotes the text, which contains a key.
 */
export function parseConnectionString(text: string): EventHubConnection | SettingError {
  const parts = new Map(
    text.split(';').map((part) => {
      const [name = '', ...value] = part.split('=')
      return [name.trim().toLowerCase(), value.join('=').trim()] as const
    }),
  )
  const endpoint = parts.get('endpoint') ?? ''
  const hub = parts.get('entitypath') ?? ''
  const keyName = parts.get('sharedaccesskeyname') ?? ''
  const key = parts.get('sharedaccesskey') ?? ''
  // The URL parser leaves the host of a scheme that it does not know as it is.
  const url = URL.parse(endpoint.replace(/^sb:/i, 'https:'))
  if (url === null || !/^sb:\/\//i.test(endpoint)) {
    return { error: 'the connection string needs Endpoint=sb://<namespace host>/' }
  }
  if (keyName === '' || key === '') {
    return { error: 'the connection string needs both SharedAccessKeyName and SharedAccessKey' }
  }
  if (hub === '') {
    return {
      error: 'the connection string needs EntityPath=<event hub>; take it from the hub itself',
    }
  }
  return { host: url.host, hub, keyName, key }
}

/**
 * A signature that gives access to one resource until a time, in seconds since the epoch:
 * https://learn.microsoft.com/rest/api/eventhub/generate-sas-token
 */
export function sharedAccessSignature(
  resource: string,
  expiresAt: number,
  { keyName, key }: Pick<EventHubConnection, 'keyName' | 'key'>,
): { readonly header: string; readonly signature: string } {
  const encoded = encodeURIComponent(resource)
  const signature = createHmac('sha256', key).update(`${encoded}\n${expiresAt}`).digest('base64')
  const fields = [
    `sr=${encoded}`,
    `sig=${encodeURIComponent(signature)}`,
    `se=${expiresAt}`,
    `skn=${encodeURIComponent(keyName)}`,
  ]
  return { header: `SharedAccessSignature ${fields.join('&')}`, signature }
}
