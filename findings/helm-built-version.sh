#!/usr/bin/env bash
# Helm 3.20.2, built from its Go module, as a project does whose CI has Go and no release of Helm at hand. (Takes minutes.)
# Without a cluster, Helm takes the version of Kubernetes from a variable that only the flags of Helm's own build set. Built
# otherwise it says v1.20.0, though its client libraries are those of 1.35: `helm template` refuses a chart that asks for
# `kubeVersion: >=1.25.0-0`, and a template without that line silently takes its branch for 2020, while `helm lint` of the same
# build, and `helm version`, say nothing of it. `--kube-version` has to be given to each call.
# Seen: client-go v0.35.1, template refused, lint passed, rendered for v1.20.0, with the flag for v1.35.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
GOBIN=$folder go install helm.sh/helm/v3/cmd/helm@v3.20.2 2>go.log || { cat go.log; exit 1; }
client=$(go version -m helm | awk '$2 == "k8s.io/client-go" { print $3 }')
mkdir -p chart/templates
cat >chart/templates/version.yaml <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata:
  name: version
data:
  kubernetes: {{ .Capabilities.KubeVersion.Version }}
YAML
printf 'apiVersion: v2\nname: chart\nversion: 1.0.0\nkubeVersion: ">=1.25.0-0"\n' >chart/Chart.yaml
template() { ./helm template chart "$@" | awk '$1 == "kubernetes:" { print $2 }'; }
./helm template chart 2>said && refused=rendered || refused=refused
grep -q 'incompatible with Kubernetes v1.20.0' said
./helm lint --strict chart >/dev/null 2>&1 && lint=passed || lint=failed
with_flag=$(template --kube-version 1.35.0)
sed -i /kubeVersion/d chart/Chart.yaml
seen="client-go $client, template $refused, lint $lint, rendered for $(template), with the flag for $with_flag"
echo "$seen"
[ "$seen" = 'client-go v0.35.1, template refused, lint passed, rendered for v1.20.0, with the flag for v1.35.0' ]
