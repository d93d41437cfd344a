package reactive_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// A message is confirmed when it is on both disks.
func ExampleWhen() {
	write := func(disk string) reactive.Mono[reactive.Void] {
		return reactive.Do(func(context.Context) error {
			fmt.Println("written to", disk)
			return nil
		})
	}
	_, err := reactive.When(write("first"), write("second")).Block(context.Background())
	fmt.Println("confirmed:", err)
	// Output:
	// written to first
	// written to second
	// confirmed: <nil>
}

// Nobody waits for the second disk when the first is full.
func ExampleWhen_failure() {
	full := reactive.ErrorMono[reactive.Void](errors.New("disk full"))
	slow := reactive.NeverMono[reactive.Void]().DoOnCancel(func() { fmt.Println("slow one cancelled") })
	_, err := reactive.When(slow, full).Block(context.Background())
	fmt.Println(err)
	// Output:
	// slow one cancelled
	// disk full
}

// Three look-ups at the same time, of which all are needed.
func ExampleZipMono3() {
	user, orders, unread := reactive.JustMono("Ann"), reactive.JustMono(3), reactive.JustMono(7)
	page := reactive.ZipMono3(user, orders, unread, func(name string, orders, unread int) string {
		return fmt.Sprintf("%s: %d orders, %d unread", name, orders, unread)
	})
	fmt.Println(page.Block(context.Background()))
	// Output: Ann: 3 orders, 7 unread <nil>
}

// A look-up that finds nothing makes the whole empty, and the other one is not waited for.
func ExampleZipMono_empty() {
	nobody := reactive.EmptyMono[string]()
	orders := reactive.NeverMono[int]().DoOnCancel(func() { fmt.Println("orders cancelled") })
	page := reactive.ZipMono(orders, nobody, func(n int, name string) string { return fmt.Sprint(name, n) })
	fmt.Println(page.DefaultIfEmpty("not found").Block(context.Background()))
	// Output:
	// orders cancelled
	// not found <nil>
}
