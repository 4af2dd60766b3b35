import type { Pair } from './repeated-messages.ts'

/** Two reports of two things, of which a reader wants both. */
export const DIFFERENCES: readonly Pair[] = [
  ['a retention', 'retention 5m is set', 'retention 720h is set'],
  ['a changed interval', 'interval changed to 5m', 'interval changed to 10m'],
  [
    'a timeout that is configured',
    "HelmRelease/apps/web configured: timeout '5m0s'",
    "HelmRelease/apps/web configured: timeout '10m0s'",
  ],
  ['a silence', 'alert silenced for 2h', 'alert silenced for 24h'],
  [
    'what a policy keeps',
    'keeping snapshots younger than 72h',
    'keeping snapshots younger than 720h',
  ],
  ['a delay as part of a name', 'queue retry-5m is full', 'queue retry-10m is full'],
  [
    'volumes by UUID',
    'Unable to attach or mount volumes: unmounted volumes=[pvc-c65f8d2a-9276-41e7-b056-0621e721e9e2]',
    'Unable to attach or mount volumes: unmounted volumes=[pvc-badc3bc8-430c-41e8-88ae-1a7ea0a0c4c3]',
  ],
  [
    'volumes that are a UUID',
    'volume e076e315-5a48-41c3-81c8-8d8bdee7d74d is degraded',
    'volume 1b4e28ba-2fa1-41d2-883f-b9a761bde3fb is degraded',
  ],
  [
    'subscriptions',
    'The subscription 00288c16-f581-4bb4-9c52-6954dce102f4 is disabled',
    'The subscription 7788edaf-0346-4068-9d79-c868aed15b3d is disabled',
  ],
  [
    'locks of Terraform',
    'Error acquiring the state lock: Lock Info: ID: f2ab6adb-1f0c-4ad5-9a55-7d3a1c2b9e01',
    'Error acquiring the state lock: Lock Info: ID: 0d3c7a44-98b2-4b6b-8a51-5f0f4f7f2c10',
  ],
  [
    'the end of a certificate',
    'certificate expires at 2026-12-01T00:00:00Z',
    'certificate expires at 2027-12-01T00:00:00Z',
  ],
  [
    'a renewal',
    'Certificate is up to date; renewal is scheduled at 2026-12-01T00:00:00Z',
    'Certificate is up to date; renewal is scheduled at 2027-03-01T00:00:00Z',
  ],
  [
    'the end of a suspension',
    'reconciliation suspended until 2026-12-01T00:00:00Z',
    'reconciliation suspended until 2027-12-01T00:00:00Z',
  ],
  [
    'the time of a backup',
    'restored from backup of 2026-11-19 03:00:00',
    'restored from backup of 2026-11-20 03:00:00',
  ],
  ['a date', 'report for 2026-11-19 failed', 'report for 2026-11-20 failed'],
  [
    'a snapshot',
    'cannot restore snapshot 2026-11-19T03:00:00Z: checksum mismatch',
    'cannot restore snapshot 2026-11-20T03:00:00Z: checksum mismatch',
  ],
  [
    'a window of maintenance',
    'maintenance starts at 2026-11-20 22:00:00 UTC',
    'maintenance starts at 2026-11-21 22:00:00 UTC',
  ],
  ['two pods of a StatefulSet', 'pod db-0 is not ready', 'pod db-1 is not ready'],
  [
    'two Deployments',
    "health check failed after 30s: [Deployment/apps/web status: 'Failed']",
    "health check failed after 30s: [Deployment/apps/api status: 'Failed']",
  ],
  [
    'pods of two Deployments',
    'pod/web-6d4cf56db6-x8zzq CrashLoopBackOff',
    'pod/api-6d4cf56db6-x8zzq CrashLoopBackOff',
  ],
  [
    'two ReplicaSets of a Deployment',
    'ReplicaSet "web-6d4cf56db6" has timed out progressing.',
    'ReplicaSet "web-7f9c8d7b5" has timed out progressing.',
  ],
  [
    'a scale',
    'Scaled up replica set web-6d4cf56db6 to 3',
    'Scaled up replica set web-6d4cf56db6 to 5',
  ],
  [
    'two runs of a CronJob',
    'Job/apps/backup-29401440 failed: BackoffLimitExceeded',
    'Job/apps/backup-29401445 failed: BackoffLimitExceeded',
  ],
  [
    'two names that look made up',
    'service web-https has no endpoints',
    'service web-http2 has no endpoints',
  ],
  [
    'two releases',
    'Helm upgrade succeeded for release flux-system/demo.v2 with chart demo@1.1.0',
    'Helm upgrade succeeded for release flux-system/demo.v3 with chart demo@1.1.1',
  ],
  [
    'two builds of a chart',
    "packaged 'podinfo' chart with version '6.5.1+63b2184872df'",
    "packaged 'podinfo' chart with version '6.5.1+e0284ec427ea'",
  ],
  [
    'two versions of a chart',
    "pulled 'demo' chart with version '1.0.0'",
    "pulled 'demo' chart with version '1.1.0'",
  ],
  [
    'two commits',
    "stored artifact for commit 'good B'",
    "stored artifact for commit 'chart tests'",
  ],
  [
    'two indexes',
    "stored fetched index of size 726B from 'https://charts.example.com'",
    "stored fetched index of size 414B from 'https://charts.example.com'",
  ],
  [
    'two digests',
    'pulled manifest sha256:934a8233f7c7df5bad71ff0e2b4715118a997a2c8c24677426d9c80ef0272f5e',
    'pulled manifest sha256:df88ec7399a38717f5717e24f6285868223db42e7bba803d532c7c0a5ef2ee5d',
  ],
  [
    'two tags',
    'Latest image tag for registry.example.com/app resolved to 1.4.2',
    'Latest image tag for registry.example.com/app resolved to 1.4.3',
  ],
  [
    'two tags that are times',
    'Latest image tag for registry.example.com/app resolved to main-20261120091403',
    'Latest image tag for registry.example.com/app resolved to main-20261120101500',
  ],
  ['two objects', 'ConfigMap/default/a created', 'ConfigMap/default/b created'],
  [
    'two things done to one object',
    'ConfigMap/default/a created',
    'ConfigMap/default/a configured',
  ],
  [
    'two missing files of one build',
    'stat /tmp/kustomization-2912946094/apps/a: no such file or directory',
    'stat /tmp/kustomization-2912946094/apps/b: no such file or directory',
  ],
  [
    'two answers',
    'operation error S3: GetObject, https response error StatusCode: 403, RequestID: 8QTN2VZ6B0E3X9SD, HostID: mJ1e=, api error AccessDenied: Access Denied',
    'operation error S3: GetObject, https response error StatusCode: 404, RequestID: 8QTN2VZ6B0E3X9SD, HostID: mJ1e=, api error NoSuchKey: The specified key does not exist.',
  ],
  [
    'two errors of Entra ID',
    'AADSTS90061: Request to External OIDC endpoint failed. Trace ID: 86c81de3-efbd-4c0f-854d-cb8f329e5b00',
    'AADSTS50166: Request to External OIDC endpoint failed. Trace ID: 86c81de3-efbd-4c0f-854d-cb8f329e5b00',
  ],
  [
    'two ends of a connection',
    'read tcp 10.42.0.1:52682->10.42.0.7:10250: read: connection reset by peer',
    'read tcp 10.42.0.1:52682->10.42.0.8:10250: read: connection reset by peer',
  ],
  [
    'two databases by address',
    'dial tcp 10.0.0.5:5432: connect: connection refused',
    'dial tcp 10.0.0.6:5432: connect: connection refused',
  ],
  [
    'two ports of one host',
    'Get "https://api.example.com/": dial tcp 192.0.2.1:443: connect: connection refused',
    'Get "https://api.example.com/": dial tcp 192.0.2.1:8443: connect: connection refused',
  ],
  [
    'two roles',
    'User: arn:aws:sts::111122223333:assumed-role/flux-source/1732770000123456789 is not authorized',
    'User: arn:aws:sts::111122223333:assumed-role/flux-image/1732770000123456789 is not authorized',
  ],
  [
    'how much is ready',
    'Deployment is progressing: 1 out of 3 new replicas have been updated',
    'Deployment is progressing: 2 out of 3 new replicas have been updated',
  ],
  ['an exit code', 'container app exited with code 1', 'container app exited with code 137'],
  [
    'the parameter of a request',
    'Get "https://api.example.com/search?since=20261119": 500',
    'Get "https://api.example.com/search?since=20261120": 500',
  ],
  [
    'the expiry of a token, by its label',
    '{"expirationTime":"2026-12-01T00:00:00Z"}',
    '{"expirationTime":"2027-12-01T00:00:00Z"}',
  ],
  [
    'two clients',
    'http: TLS handshake error from 10.244.0.1:43210: EOF',
    'http: TLS handshake error from 10.244.0.2:43210: EOF',
  ],
  ['a grace', 'pods get 30s to end', 'pods get 300s to end'],
]
