//go:build go1.27

package reactive_test

import (
	"context"
	"fmt"
	"strconv"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// The same flow as in Example (Functions), as one chain of methods: from Go 1.27 on.
func Example_methods() {
	lines := reactive.Just("50", "", "-20", "5")

	texts := lines.
		Filter(notBlank).
		TryMap(strconv.Atoi).
		ConcatMap(book).
		Scan(100, balance).
		Map(strconv.Itoa)

	fmt.Println(texts.Collect(context.Background()))
	// Output: [100 150 130 135] <nil>
}
