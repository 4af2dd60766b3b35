// Command regex says what Go's regexp makes of patterns: of each line {"pattern", "subjects"} it
// prints the same with "matches", or with "error". With the argument "names" it prints which classes
// of Unicode `\p{…}` knows.
package main

import (
	"bufio"
	"encoding/json"
	"io"
	"log"
	"maps"
	"os"
	"regexp"
	"slices"
	"unicode"
)

type row struct {
	Pattern  string   `json:"pattern"`
	Subjects []string `json:"subjects"`
	Matches  []bool   `json:"matches,omitempty"`
	Error    string   `json:"error,omitempty"`
}

type classNames struct {
	Categories []string          `json:"categories"`
	Aliases    map[string]string `json:"aliases"`
	Scripts    []string          `json:"scripts"`
}

func (r *row) fill() {
	compiled, err := regexp.Compile(r.Pattern)
	if err != nil {
		r.Error = err.Error()
		return
	}
	for _, subject := range r.Subjects {
		r.Matches = append(r.Matches, compiled.MatchString(subject))
	}
}

func main() {
	log.SetFlags(0)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	if len(os.Args) > 1 && os.Args[1] == "names" {
		print(encoder, classNames{
			slices.Sorted(maps.Keys(unicode.Categories)),
			unicode.CategoryAliases,
			slices.Sorted(maps.Keys(unicode.Scripts)),
		})
		return
	}
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	for {
		var r row
		if err := in.Decode(&r); err == io.EOF {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		r.Matches, r.Error = nil, ""
		r.fill()
		print(encoder, r)
	}
}

func print(encoder *json.Encoder, value any) {
	if err := encoder.Encode(value); err != nil {
		log.Fatal(err)
	}
}
