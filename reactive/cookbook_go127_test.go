//go:build go1.27

package reactive_test

import (
	"context"
	"fmt"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// Example_oneChain is Example_oneFlow with the methods of Go 1.27; README.md shows both.
func Example_oneChain() {
	texts := reactive.Just(100, 100, 102, 101).
		DistinctUntilChanged(func(p int) int { return p }).
		Scan(0, func(high, p int) int { return max(high, p) }).
		Skip(1).
		Map(func(high int) string { return fmt.Sprint("high ", high) })
	fmt.Println(texts.Collect(context.Background()))
	// Output: [high 100 high 102 high 102] <nil>
}
