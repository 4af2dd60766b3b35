/**
 * Messages of Flux's controllers, Kubernetes, Helm and cloud SDKs, as they are in the events of a
 * real cluster and in public issues; names, addresses and ids are others.
 */

/** What they are about, and two of them. */
export type Pair = readonly [what: string, first: string, second: string]

/** Two reports of one thing. */
export const REPEATS: readonly Pair[] = [
  [
    'a finished reconciliation',
    'Reconciliation finished in 6.159462784s, next run in 5m0s',
    'Reconciliation finished in 302.387594ms, next run in 5m0s',
  ],
  [
    'an applied Kustomization',
    'Kustomization applied in 386.215961ms',
    'Kustomization applied in 1.2s',
  ],
  [
    'a failed health check',
    "health check failed after 30.056776421s: timeout waiting for: [Deployment/podinfo/podinfo status: 'InProgress']",
    "health check failed after 30.041206902s: timeout waiting for: [Deployment/podinfo/podinfo status: 'InProgress']",
  ],
  [
    'dependencies that are not ready',
    'Dependencies do not meet ready condition, retrying in 10s',
    'Dependencies do not meet ready condition, retrying in 30s',
  ],
  [
    'a failed reconciliation of a log',
    'Reconciliation failed after 10.825548072s, next try in 30m0s',
    'Reconciliation failed after 1m9.694610129s, next try in 30m0s',
  ],
  [
    'a missing path of a Kustomization',
    'kustomization path not found: stat /tmp/kustomization-2912946094/apps/none: no such file or directory',
    'kustomization path not found: stat /tmp/kustomization-2261749457/apps/none: no such file or directory',
  ],
  [
    'a missing chart',
    'invalid chart reference: stat /tmp/helmchart-flux-system-no-chart-2361793579/source/charts/none: no such file or directory',
    'invalid chart reference: stat /tmp/helmchart-flux-system-no-chart-417120993/source/charts/none: no such file or directory',
  ],
  [
    'a build that fails',
    "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'app.yaml': open /tmp/kustomization-1137463823/apps/app.yaml: no such file or directory'",
    "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'app.yaml': open /tmp/kustomization-990016351/apps/app.yaml: no such file or directory'",
  ],
  [
    'a working copy without a dash before its number',
    'no updates made in /tmp/flux-system-flux-system244015386',
    'no updates made in /tmp/flux-system-flux-system918273645',
  ],
  [
    'a temporary file with an ending',
    'failed to parse /tmp/values-3120451187.yaml: yaml: line 4: mapping values are not allowed in this context',
    'failed to parse /tmp/values-77104532.yaml: yaml: line 4: mapping values are not allowed in this context',
  ],
  [
    'a file of mktemp',
    'cannot stat /tmp/tmp.Xq3ZkP9aLm/manifest.yaml',
    'cannot stat /tmp/tmp.b7TTn2cVw0/manifest.yaml',
  ],
  [
    'S3 by the SDK for Go, version 1',
    'AccessDenied: Access Denied\n\tstatus code: 403, request id: F5VN6S14D1C1DMC4, host id: +bhom7Xc0sEoAexP7Xlx5XzLGxKzZusG1Xucs3OMyLXUvXWcJudGa6GK3QlHQq4PlJs6+nXN44I=',
    'AccessDenied: Access Denied\n\tstatus code: 403, request id: 5PN3Z2794BT2QQBG, host id: TXlyrgvyZPdh4mz54gXfwjYZKt6sVbZRITvONFJNicsdshX3nu3FG/7b0+OP8SnR2cHlt7L3bA8=',
  ],
  [
    'S3 by the SDK for Go, version 2',
    'operation error S3: GetObject, https response error StatusCode: 403, RequestID: 8QTN2VZ6B0E3X9SD, HostID: mJ1ehj2Vb+0nQ/3dGk8=, api error AccessDenied: Access Denied',
    'operation error S3: GetObject, https response error StatusCode: 403, RequestID: 2H6C4RJ51AWK7PYE, HostID: w9cXo+Ls4ZyPq7TtUv0=, api error AccessDenied: Access Denied',
  ],
  [
    'S3 by the SDK for Java',
    'Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: 1AC7FB214CD42697), S3 Extended Request ID: SXy5z7M9fETAsSSc6GaZsABusvghoixl4Dk8bjI5uJ02=',
    'Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: 77E0219AB3D0F551), S3 Extended Request ID: Pq0dLkk2WmZrT9wVb1n3cXy8sHf6gJe5aQ4iUo7tRp=',
  ],
  [
    'S3 in XML',
    '<Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>7BMJM8PWV1J1FNEH</RequestId><HostId>TW2qeJptLnLL7+0pKGRg=</HostId></Error>',
    '<Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>0K2WXN5S9QYH4DVB</RequestId><HostId>a8sDf0gHj1kLq2wE+rTy=</HostId></Error>',
  ],
  [
    'STS, for a session that is named after the time',
    'operation error ECR: GetAuthorizationToken, https response error StatusCode: 400, RequestID: 69d599e0-7b94-4cf4-a564-fc698225471f, api error AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/flux-source/aws-go-sdk-1732770000123456789 is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy allows it',
    'operation error ECR: GetAuthorizationToken, https response error StatusCode: 400, RequestID: 1fd1964b-1544-41ea-ba37-99c3c1dede42, api error AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/flux-source/aws-go-sdk-1732770060987654321 is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy allows it',
  ],
  [
    'a signature of a clock that is wrong',
    'InvalidSignatureException: Signature expired: 20170111T204052Z is now earlier than 20170111T225449Z (20170111T230949Z - 15 min.)\n2017-01-11T20:40:53.192988848Z \tstatus code: 400, request id: 0a7e3b52',
    'InvalidSignatureException: Signature expired: 20170111T204122Z is now earlier than 20170111T225519Z (20170111T231019Z - 15 min.)\n2017-01-11T20:41:23.004518221Z \tstatus code: 400, request id: c55d9f10',
  ],
  [
    'a token of Entra ID',
    'AADSTS90061: Request to External OIDC endpoint failed.\r\nTrace ID: 86c81de3-efbd-4c0f-854d-cb8f329e5b00\r\nCorrelation ID: a92568a5-cc37-4136-ad4d-1ba82988abc2\r\nTimestamp: 2022-10-21 04:36:48Z',
    'AADSTS90061: Request to External OIDC endpoint failed.\r\nTrace ID: ce5b401b-7beb-4757-81ed-7d476f5a1300\r\nCorrelation ID: cb69fd74-8049-4507-a6af-694c53b7af86\r\nTimestamp: 2022-10-21 04:38:02Z',
  ],
  [
    'a token of Entra ID, as JSON',
    '{"error":"invalid_request","timestamp":"2022-11-16 12:01:14Z","trace_id":"ce5b401b-7beb-4757-81ed-7d476f5a1300","correlation_id":"cb69fd74-8049-4507-a6af-694c53b7af86"}',
    '{"error":"invalid_request","timestamp":"2022-11-16 12:03:44Z","trace_id":"86c81de3-efbd-4c0f-854d-cb8f329e5b00","correlation_id":"a92568a5-cc37-4136-ad4d-1ba82988abc2"}',
  ],
  [
    'an assertion that is too old',
    'AADSTS700024: Client assertion is not within its valid time range. Current time: 2025-09-03T17:59:55.3046782Z, assertion valid from 2025-09-03T17:04:47.0000000Z. Trace ID: 7bc172dc-e017-4e50-83f0-80be14c31000',
    'AADSTS700024: Client assertion is not within its valid time range. Current time: 2025-09-03T18:00:25.9170044Z, assertion valid from 2025-09-03T17:04:47.0000000Z. Trace ID: fec4b5cc-da51-4cbb-89e0-5df845893e00',
  ],
  [
    'a limit of GitHub',
    'GET https://api.github.com/repos/example/fleet: 403 API rate limit of 60 still exceeded until 2021-04-13 11:48:40 +0000 UTC, not making remote request. [rate reset in 12m30s]',
    'GET https://api.github.com/repos/example/fleet: 403 API rate limit of 60 still exceeded until 2021-04-13 11:48:41 +0000 UTC, not making remote request. [rate reset in 11m2s]',
  ],
  [
    'an error page of GitHub',
    'unexpected client error: please include the request ID D2C3:1A2B:3F40:5E6D:67A8B9C0 when you contact support',
    'unexpected client error: please include the request ID 0401:1BC4:99D2:7E01:67A8B9FF when you contact support',
  ],
  [
    'a registry that limits',
    'GET https://registry.example.com/v2/app/tags/list: TOOMANYREQUESTS: retry-after: 586.478µs, allowed: 44000/minute',
    'GET https://registry.example.com/v2/app/tags/list: TOOMANYREQUESTS: retry-after: 1.024ms, allowed: 44000/minute',
  ],
  [
    'a connection that is reset',
    'Readiness probe failed: Get "https://10.42.0.7:10250/readyz": read tcp 10.42.0.1:52682->10.42.0.7:10250: read: connection reset by peer',
    'Readiness probe failed: Get "https://10.42.0.7:10250/readyz": read tcp 10.42.0.1:36014->10.42.0.7:10250: read: connection reset by peer',
  ],
  [
    'a name server that does not answer',
    "unable to clone 'https://github.com/example/fleet': dial tcp: lookup github.com on 10.96.0.10:53: read udp 10.244.0.5:41234->10.96.0.10:53: i/o timeout",
    "unable to clone 'https://github.com/example/fleet': dial tcp: lookup github.com on 10.96.0.10:53: read udp 10.244.0.5:58811->10.96.0.10:53: i/o timeout",
  ],
  [
    'a host with several addresses',
    'failed to checkout and determine revision: unable to list remote for \'https://github.com/example/fleet\': Get "https://github.com/example/fleet/info/refs?service=git-upload-pack": dial tcp 140.82.121.3:443: i/o timeout',
    'failed to checkout and determine revision: unable to list remote for \'https://github.com/example/fleet\': Get "https://github.com/example/fleet/info/refs?service=git-upload-pack": dial tcp 140.82.121.4:443: i/o timeout',
  ],
  [
    'a handshake over IPv6',
    "unable to clone 'ssh://git@git.example.com/fleet': ssh: handshake failed: read tcp [2001:db8::5]:41234->[2001:db8::10]:22: read: connection reset by peer",
    "unable to clone 'ssh://git@git.example.com/fleet': ssh: handshake failed: read tcp [2001:db8::5]:55102->[2001:db8::11]:22: read: connection reset by peer",
  ],
  [
    'pods of a Deployment in a health check',
    "health check failed after 2m0.1s: failed early due to stalled resources: [Deployment/apps/web status: 'Failed': pod/web-6d4cf56db6-x8zzq CrashLoopBackOff]",
    "health check failed after 2m0.1s: failed early due to stalled resources: [Deployment/apps/web status: 'Failed': pod/web-6d4cf56db6-7kqvn CrashLoopBackOff]",
  ],
  [
    'pods of two ReplicaSets',
    'Back-off restarting failed container app in pod web-6d4cf56db6-x8zzq_apps(8f2c1a90-3b1e-4a6e-9d52-0c7d7f1e2a33)',
    'Back-off restarting failed container app in pod web-7f9c8d7b5-jm4tz_apps(0e1d2c3b-4a59-4687-9786-a5b4c3d2e1f0)',
  ],
  [
    'a container that waits longer each time',
    'back-off 20s restarting failed container=app pod=web-6d4cf56db6-x8zzq_apps(8f2c1a90-3b1e-4a6e-9d52-0c7d7f1e2a33)',
    'back-off 5m0s restarting failed container=app pod=web-6d4cf56db6-x8zzq_apps(8f2c1a90-3b1e-4a6e-9d52-0c7d7f1e2a33)',
  ],
  [
    'a pod of a DaemonSet',
    'DaemonSet is not available: pod "node-exporter-x8zzq" is not ready',
    'DaemonSet is not available: pod "node-exporter-7kqvn" is not ready',
  ],
  [
    'a pod of an old ReplicaSet',
    'Unable to mount volumes for pod "wordpress-4199438522-59xjb_default(5603b982-0ef2-11e7-9fd7-42010a80002d)": timeout expired waiting for volumes to attach/mount',
    'Unable to mount volumes for pod "wordpress-4199438522-frqrc_default(de4f224a-a86d-11e6-acb4-128cd88b1fb6)": timeout expired waiting for volumes to attach/mount',
  ],
  [
    'what Kubernetes mounts into every pod',
    'Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[kube-api-access-b6gld data]: timed out waiting for the condition',
    'Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[kube-api-access-xgcfn data]: timed out waiting for the condition',
  ],
  [
    'a sandbox',
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "934a8233f7c7df5bad71ff0e2b4715118a997a2c8c24677426d9c80ef0272f5e": plugin type="calico" failed (add): error getting ClusterInformation: connection is unauthorized: Unauthorized',
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "df88ec7399a38717f5717e24f6285868223db42e7bba803d532c7c0a5ef2ee5d": plugin type="calico" failed (add): error getting ClusterInformation: connection is unauthorized: Unauthorized',
  ],
  [
    'a resource version',
    'Operation cannot be fulfilled on deployments.apps "web": the object has been modified (resourceVersion: 52286285)',
    'Operation cannot be fulfilled on deployments.apps "web": the object has been modified (resourceVersion: 52286391)',
  ],
  [
    'a watch that is too old',
    'too old resource version: 52286285 (52290012)',
    'too old resource version: 52290012 (52301177)',
  ],
  [
    'a precondition of etcd',
    'Operation cannot be fulfilled on servers.example.com "a": StorageError: invalid object, Code: 4, Key: /registry/example.com/servers/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: c8e7ef3b-cdf8-4e3c-a725-f42dc4a61568, UID in object meta: ',
    'Operation cannot be fulfilled on servers.example.com "a": StorageError: invalid object, Code: 4, Key: /registry/example.com/servers/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: 70585da5-6be9-4436-b89a-cac78a75680a, UID in object meta: ',
  ],
  [
    'logs of Helm',
    'Helm install failed for release flux-system/bad with chart podinfo@6.5.1: context deadline exceeded\n\nLast Helm logs:\n\n2026-11-28T04:05:35.005414451Z: creating resource(s): {"resources":1}\n2026-11-28T04:05:35.041641622Z: Error creating resource via patch',
    'Helm install failed for release flux-system/bad with chart podinfo@6.5.1: context deadline exceeded\n\nLast Helm logs:\n\n2026-11-28T04:06:41.118230019Z: creating resource(s): {"resources":1}\n2026-11-28T04:06:41.200717384Z: Error creating resource via patch',
  ],
  [
    'a certificate by the clock of now',
    'Get "https://charts.example.com/index.yaml": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-28T05:00:00Z is after 2026-11-19T00:00:00Z',
    'Get "https://charts.example.com/index.yaml": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-28T05:01:10Z is after 2026-11-19T00:00:00Z',
  ],
  [
    'a time as Go prints it',
    'failed to renew lease flux-system/leader: timed out at 2026-11-20 09:14:03.123456789 +0000 UTC m=+12.345678901',
    'failed to renew lease flux-system/leader: timed out at 2026-11-20 09:15:07.987654321 +0000 UTC m=+76.500000001',
  ],
  [
    'a time with a blank',
    'connection to the database was lost at 2026-11-20 09:14:03',
    'connection to the database was lost at 2026-11-20 09:16:44',
  ],
  [
    'a line of a log of Go',
    '2026/11/20 09:14:03 http: proxy error: context canceled',
    '2026/11/20 09:15:03 http: proxy error: context canceled',
  ],
  [
    'a line of klog',
    'E0914 11:18:17.852229  615847 spec_controller.go:241] failed to sync',
    'E0914 11:19:02.000417  615847 spec_controller.go:241] failed to sync',
  ],
  [
    'a job that runs for long',
    'Job backup has been pending for 5m, waiting for a node',
    'Job backup has been pending for 8m, waiting for a node',
  ],
  ['how long ago', 'last heartbeat was 3m2s ago', 'last heartbeat was 4m2s ago'],
  [
    'requests that the client throttled',
    'Waited for 1.047713511s due to client-side throttling, not priority and fairness, request: GET:https://10.96.0.1:443/apis',
    'Waited for 3.2s due to client-side throttling, not priority and fairness, request: GET:https://10.96.0.1:443/apis',
  ],
  [
    'a signed address of a layer',
    'failed to do request: Get "https://layers.example.com/sha256:aa?X-Amz-Date=20260101T000000Z&X-Amz-Signature=0a1b2c": net/http: TLS handshake timeout',
    'failed to do request: Get "https://layers.example.com/sha256:aa?X-Amz-Date=20260101T000100Z&X-Amz-Signature=9f8e7d": net/http: TLS handshake timeout',
  ],
  [
    'a pointer',
    'failed to list *v1.Secret: &errors.errorString{0xc0004a1b20}: unknown',
    'failed to list *v1.Secret: &errors.errorString{0xc000b91f80}: unknown',
  ],
  [
    'a client that gives up its handshake',
    'http: TLS handshake error from 10.244.0.1:43210: EOF',
    'http: TLS handshake error from 10.244.0.1:55872: EOF',
  ],
  [
    'a condition in JSON',
    '{"type":"Ready","status":"False","lastTransitionTime":"2026-11-20T09:14:03Z","reason":"Timeout"}',
    '{"type":"Ready","status":"False","lastTransitionTime":"2026-11-20T09:16:41Z","reason":"Timeout"}',
  ],
  ['a node that is silent', 'node a has been silent for 40s', 'node a has been silent for 1m20s'],
  ['an answer that does not come', 'no answer for 30s', 'no answer for 45s'],
  [
    'an edge of Cloudflare',
    'unexpected status 522, cf-ray: 7d4f2a1b9c3e0000-FRA',
    'unexpected status 522, cf-ray: 7d4f2b77aa010000-FRA',
  ],
  [
    'a reconciliation of controller-runtime',
    'Reconciler error {"reconcileID":"0dd05b6b-1e4d-42be-ab64-3b6bc7b44b37","error":"not found"}',
    'Reconciler error {"reconcileID":"717028ce-a681-45be-8722-234838caa8eb","error":"not found"}',
  ],
]
