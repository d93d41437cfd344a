// Package faults asks whether the tests of package reactive would notice if that package were wrong.
//
// Its table holds mistakes that are easily made in an operator or a source: a request too many, a wake-up that gets
// lost, a signal after the end, a cancellation that is not passed on. Each is a piece of the present source and what
// somebody might have written there instead. The suite of package reactive has to fail with each of them, and to pass
// without.
//
//	go test -tags faults -v ./reactive/faults
//
// All mistakes go into one build, by way of the overlay of the go command, each behind a switch that is off; each run of
// the suite turns on one. The source is not touched, and one build instead of one for each is what makes this affordable.
//
// Without the tag, the tests see to it that the table fits the source, which is all that can get wrong while that is
// changed: a piece that is not found, or found twice, is an error. Whoever changes such a piece changes the table with it.
package faults
