// Command cel says what CEL expressions are in Flux: it evaluates them as notification-controller
// evaluates commitStatusExpr. Of standard input the first line is a JSON object of the variables (event,
// alert and provider), and each other one a row of the table. It prints the rows with their results:
// "value", or "outcome": "refused" for an expression that does not compile and "failed" for one whose
// evaluation fails or gives no string. "dyn" says that Flux refuses the expression since nobody can say
// before the evaluation that it gives a string; what it would give is told all the same.
//
// The environment is that of github.com/fluxcd/pkg/runtime/cel v0.122.0: NewExpression with
// WithCompile, WithOutputType(string) and WithStructVariables.
package main

import (
	"bufio"
	"encoding/json"
	"io"
	"log"
	"os"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/ext"
)

type row struct {
	Expression string  `json:"expression"`
	Value      *string `json:"value,omitempty"`
	Outcome    string  `json:"outcome,omitempty"`
	Dyn        bool    `json:"dyn,omitempty"`
}

const (
	refused = "refused"
	failed  = "failed"
)

func main() {
	log.SetFlags(0)
	env, err := newEnv()
	if err != nil {
		log.Fatal(err)
	}
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	in.UseNumber()
	var given any
	if err := in.Decode(&given); err != nil {
		log.Fatal(err)
	}
	variables := withInts(given).(map[string]any)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for {
		var question row
		if err := in.Decode(&question); err == io.EOF {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		if err := encoder.Encode(evaluate(env, question.Expression, variables)); err != nil {
			log.Fatal(err)
		}
	}
}

func newEnv() (*cel.Env, error) {
	object := cel.ObjectType("google.protobuf.Struct")
	return cel.NewEnv(
		cel.HomogeneousAggregateLiterals(),
		cel.EagerlyValidateDeclarations(true),
		cel.DefaultUTCTimeZone(true),
		cel.CrossTypeNumericComparisons(true),
		cel.OptionalTypes(),
		ext.Strings(),
		ext.Sets(),
		ext.Encoders(),
		cel.Variable("event", object),
		cel.Variable("alert", object),
		cel.Variable("provider", object),
	)
}

// The controller makes the variables by apimachinery's unstructured converter: whole numbers are int64.
func withInts(value any) any {
	switch v := value.(type) {
	case json.Number:
		if whole, err := v.Int64(); err == nil {
			return whole
		}
		double, _ := v.Float64()
		return double
	case map[string]any:
		for key, inner := range v {
			v[key] = withInts(inner)
		}
	case []any:
		for index, inner := range v {
			v[index] = withInts(inner)
		}
	}
	return value
}

func evaluate(env *cel.Env, source string, variables map[string]any) (result row) {
	result.Expression = source
	// What cel-go does not expect while it compiles is a refusal all the same.
	defer func() {
		if recover() != nil {
			result.Outcome = refused
		}
	}()
	ast, issues := env.Compile(source)
	if issues.Err() != nil {
		result.Outcome = refused
		return
	}
	result.Dyn = ast.OutputType() == types.DynType
	program, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize), cel.InterruptCheckFrequency(100))
	if err != nil || (!result.Dyn && ast.OutputType() != types.StringType) {
		result.Outcome = refused
		return
	}
	value, _, err := program.Eval(variables)
	text, ok := value.(types.String)
	if err != nil || !ok {
		result.Outcome = failed
		return
	}
	given := string(text)
	result.Value = &given
	return
}
