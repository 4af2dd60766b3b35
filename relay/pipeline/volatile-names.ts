/**
 * Names that a machine makes up anew for each report of a thing: temporary files, requests, local
 * ports, pods of a Deployment. A UUID alone is none: it names a volume, and another is another.
 *
 * All patterns are bounded and linear, and none can match a placeholder.
 */

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'

/** What stands between a label and its value, in text, JSON and XML. */
const IS = String.raw`["'\\]{0,3}\s{0,2}[:=>]\s{0,2}["'\\]{0,3}`

/**
 * The characters of names that Kubernetes makes up.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/util/rand#SafeEncodeString
 */
const SAFE = '[bcdfghjklmnpqrstvwxz2456789]'

const POD_NAME_END = '(?![a-z0-9-])'

/**
 * A kind of made-up name. A text that the pattern fits contains one of the words, in lower case.
 * Most texts contain none, and the pattern is not tried.
 */
type Name = readonly [words: readonly string[], pattern: RegExp, replacement: string]

const NAMES: readonly Name[] = [
  // The directories and files of Go's os.MkdirTemp, of mktemp, and of Python's tempfile.
  [
    ['/tmp/', '/t/', '/user/'],
    /(\/(?:tmp|T|user\/\d{1,10})\/[\w.-]{0,200}?)\d{6,20}((?:\.[A-Za-z]\w{0,10}){0,2})(?![\w.-])/g,
    '$1<random>$2',
  ],
  [['/tmp/'], /(\/tmp\/)(?:tmp\.[A-Za-z0-9]{6,12}|tmp[a-z0-9_]{8})(?![\w.-])/g, '$1<random>'],
  // Ids of requests: at AWS RequestID and HostID, at Azure Trace ID and Correlation ID.
  [
    ['id', 'cf-ray'],
    new RegExp(
      String.raw`((?<![a-z])(?:request|host|trace|correlation|activity|span|invocation|reconcile|transaction|error|ray)[ _-]?id|x-amz-id-2|cf-ray)(${IS})[\w+/=:.-]{1,256}`,
      'gi',
    ),
    '$1$2<id>',
  ],
  [['request id '], /(\brequest id )(?=[\w:-]{0,64}\d)[\w:-]{8,128}/gi, '$1<id>'],
  // The session of a role that an SDK names after the time.
  [
    [':assumed-role/'],
    /(:assumed-role\/[\w+=,.@-]{1,64}\/(?:[a-z]{1,12}-){0,3})\d{10,19}(?!\w)/g,
    '$1<session>',
  ],
  [
    ['='],
    /([?&;](?:X-(?:Amz|Goog)-[A-Za-z-]{1,40}|signature|expires|sig|se|st|ske|skt|hmac)=)[^&\s"'<>]{1,2048}/gi,
    '$1<signature>',
  ],
  // What Kubernetes counts up, and the UIDs of what it makes anew.
  [
    ['version'],
    /(\bresource ?version["'\\]{0,3}\s?[:=]?\s?["'\\]{0,3})\d{1,20}(?: \(\d{1,20}\))?/gi,
    '$1<version>',
  ],
  [
    ['uid in '],
    new RegExp(String.raw`(\bUID in (?:precondition|object meta): )${UUID}`, 'g'),
    '$1<uid>',
  ],
  [['('], new RegExp(String.raw`(_[a-z0-9-]{1,63}\()${UUID}(?=\))`, 'g'), '$1<uid>'],
  [['pod'], new RegExp(String.raw`(\bpod "?)${UUID}\b`, 'g'), '$1<uid>'],
  [['/netns/cni-'], new RegExp(String.raw`(\/netns\/cni-)${UUID}\b`, 'g'), '$1<uid>'],
  [
    ['sandbox', 'container'],
    /(\b(?:sandbox|container)(?: id)?["' :=]{1,3}(?:[a-z-]{1,16}:\/\/)?)[0-9a-f]{64}\b/gi,
    '$1<id>',
  ],
  // Pods of a ReplicaSet anywhere; of a DaemonSet or Job where the text says that it is a pod.
  [
    ['-'],
    new RegExp(`(?<=[a-z0-9])-(?=[a-z]{0,9}\\d)${SAFE}{6,10}-${SAFE}{5}${POD_NAME_END}`, 'g'),
    '-<pod>',
  ],
  [
    ['pod'],
    new RegExp(
      `(\\b[Pp]ods?[/ =:]["']?(?:[a-z0-9-]{1,63}/)?[a-z0-9][a-z0-9.-]{0,200}?)(?:-(?:\\d{9,10}|${SAFE}{6,10}))?-${SAFE}{5}${POD_NAME_END}`,
      'g',
    ),
    '$1-<pod>',
  ],
  [
    ['kube-api-access', 'default-token'],
    new RegExp(`(\\b(?:kube-api-access|default-token))-${SAFE}{5}${POD_NAME_END}`, 'g'),
    '$1-<pod>',
  ],
  // The near end of a connection, and pointers that Go prints.
  [['->'], /(?<![\w.:[\]-])(?:\[[0-9a-f:.%]{2,60}\]|[\w.-]{1,253}):\d{1,5}(?=->)/gi, '<local>'],
  [[':'], /(\bfrom (?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.%]{2,60}\])):\d{5}(?!\d)/gi, '$1:<port>'],
  [['0xc'], /\b0xc[0-9a-f]{9,11}\b/g, '<pointer>'],
]

/** The text with every made-up name replaced. */
export function withoutMadeUpNames(text: string): string {
  let renamed = text
  const lower = text.toLowerCase()
  for (const [words, pattern, name] of NAMES) {
    if (words.some((word) => lower.includes(word))) renamed = renamed.replace(pattern, name)
  }
  return withoutResolvedAddresses(renamed)
}

const NAMED_HOST = /:\/\/[^\s/"']{0,253}[a-z]/i
const FAR_END =
  /(\b(?:dial|read|write) (?:tcp|udp)[46]? (?:<local>->)?)(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.%]{2,60}\])(?=:\d)/gi

/**
 * Replaces the resolved address beside a host's name. When the text names the host, it does not
 * matter which of its addresses was used.
 */
function withoutResolvedAddresses(text: string): string {
  const named = text.search(NAMED_HOST)
  if (named < 0) return text
  return text.replace(FAR_END, (match, label: string, offset: number) =>
    offset > named ? `${label}<address>` : match,
  )
}
