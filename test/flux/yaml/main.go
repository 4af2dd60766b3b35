// Command yaml says what `kubectl apply` makes of manifests: of each line {"yaml"} it prints the same
// with "json", the values of its documents, or with "error". It reads them as kubectl does, by the
// decoder of k8s.io/apimachinery, which calls sigs.k8s.io/yaml.
package main

import (
	"bufio"
	"encoding/json"
	"io"
	"log"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
)

type row struct {
	YAML  string            `json:"yaml"`
	JSON  []json.RawMessage `json:"json,omitempty"`
	Error string            `json:"error,omitempty"`
}

func (r *row) fill() {
	r.JSON, r.Error = nil, ""
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(r.YAML), 4096)
	for {
		// What kubectl decodes into: k8s.io/cli-runtime/pkg/resource, StreamVisitor.
		var object runtime.RawExtension
		if err := decoder.Decode(&object); err == io.EOF {
			return
		} else if err != nil {
			r.JSON, r.Error = nil, err.Error()
			return
		}
		if raw := strings.TrimSpace(string(object.Raw)); raw != "" && raw != "null" {
			r.JSON = append(r.JSON, json.RawMessage(raw))
		}
	}
}

func main() {
	log.SetFlags(0)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	for {
		var r row
		if err := in.Decode(&r); err == io.EOF {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		r.fill()
		if err := encoder.Encode(r); err != nil {
			log.Fatal(err)
		}
	}
}
