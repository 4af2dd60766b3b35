// Command substitution says what Flux's post-build substitution makes of texts: of each line
// {"text"} it prints {"text"} or {"error"}. Every variable is "replaced", as if all were set.
package main

import (
	"bufio"
	"encoding/json"
	"io"
	"log"
	"os"

	"github.com/fluxcd/pkg/envsubst"
)

type row struct {
	Text  string `json:"text,omitempty"`
	Error string `json:"error,omitempty"`
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
		text, err := envsubst.Eval(r.Text, func(string) (string, bool) { return "replaced", true })
		answer := row{Text: text}
		if err != nil {
			answer = row{Error: err.Error()}
		}
		if err := encoder.Encode(answer); err != nil {
			log.Fatal(err)
		}
	}
}
