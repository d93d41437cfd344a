// Package bench compares package reactive with the other ways to move values through a Go program: a plain loop,
// channels, RxGo v2.5.0 and samber/ro v0.3.0. It is a module of its own, so that no peer becomes a requirement of ours.
//
//	go test -run '^$' -bench 'Chain|Inner|Broadcast' -benchtime 1000000x -count 4
//	go test -run '^$' -bench Idle -benchtime 1x
//
// Every benchmark of the first line moves b.N values through one subscription and reports, besides allocations, the CPU time of all
// threads per value (cpu-ns/item): with several goroutines at work the elapsed time says little. Compare rows of one
// run only.
package bench
