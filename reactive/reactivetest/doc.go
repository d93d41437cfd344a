// Package reactivetest tests publishers, operators and subscribers of package reactive, whoever wrote them.
//
//   - [Conformance] examines a publisher or an operator against Reactive Streams 1.0.4, and names the rule that is
//     broken.
//   - [Probe] is a subscriber that is driven and questioned step by step.
//   - [Source] is a publisher that is operated by hand.
//   - [CheckLeaks] finds the goroutines that a stream has left behind, [LeakProfile] those of a whole program that wait
//     for ever.
//
// Probe and Source watch the other side in passing: any test that uses them fails on a broken rule, too.
//
// # Virtual time
//
// Everything works inside a testing/synctest bubble, where a minute passes in no time and "nothing happens for a second"
// is a fact and not a guess. [Subject.Virtual] puts the checks of [Conformance] into bubbles.
//
// # The rules
//
// Reactive Streams 1.0.4 has 43 rules. This is where each is checked: "always" means by every [Probe] or [Source], in
// the suite and outside; a name in quotes is that of a subtest of [Conformance]. Checks marked with a star look for
// concurrent faults, which show on some runs only, and are worth the more under -race.
//
// Publisher:
//
//	1.1   no more values than requested            always; "1.1 no more than requested"
//	1.2   may end with fewer                       "1.2, 1.5 success is signalled"
//	1.3   signals are serial                       always *; "1.3 signals are serial" *
//	1.4   failure is signalled by OnError          "1.4 failure is signalled"
//	1.5   success is signalled by OnComplete       "1.2, 1.5 success is signalled", also of the empty stream
//	1.6   the end counts as a cancel               "1.6, 1.7 nothing follows the end"
//	1.7   nothing after the end                    always; "1.6, 1.7 nothing follows the end"
//	1.8   a cancel stops the signals               "1.8 cancel stops the values"; "1.8 cancel at the last value
//	                                               silences the end"
//	1.9   OnSubscribe first and once               always; "1.9 OnSubscribe comes first". That a nil subscriber
//	                                               is refused is left to Go, which panics by itself
//	1.10  may be subscribed to again               "1.10 subscribed again"
//	1.11  may have several subscribers             "1.11 several subscribers", or "1.11 one subscriber"
//
// Subscriber, checked with operators:
//
//	2.1   demand is signalled by Request           always; "2.1 demand reaches the source"
//	2.2   should not hold up the publisher         not checked: what is too slow is a matter of opinion
//	2.3   OnComplete and OnError call nobody       always
//	2.4   the end counts as a cancel               not checked: calls after the end are permitted and do nothing
//	                                               (3.6, 3.7), so nothing can be seen
//	2.5   a second OnSubscribe is cancelled        "2.5 a second OnSubscribe is refused"
//	2.6   a subscriber without use cancels         "2.6 cancel reaches the source", and after a panic, and after a
//	                                               bad request
//	2.7   Request and Cancel are called serially   not checked: reactive.Subscription permits concurrent calls
//	2.8   values after a cancel are tolerated      "2.8 values after cancel are tolerated"
//	2.9   completion without demand is, too        "2.9 completion with and without demand"
//	2.10  failure without demand is, too           "2.10 failure with and without demand"
//	2.11  signals happen before their processing   "1.3 signals are serial" under -race *
//	2.12  OnSubscribe at most once                 always, as 1.9
//	2.13  methods return normally                  always for nil; "2.13 a panic of a callback is a failure"
//
// Subscription:
//
//	3.1   belongs to its subscriber                not checked: an intent
//	3.2   Request from inside signals              "3.2 request from inside signals"
//	3.3   recursion is bounded                     "3.3 recursion is bounded"
//	3.4   Request returns soon                     "3.4, 3.5 Request and Cancel return": that it returns at all
//	3.5   Cancel returns soon, any number of times "3.4, 3.5 Request and Cancel return"; concurrently in "1.3 ..." *
//	3.6   Request after Cancel does nothing        "3.6, 3.7 nothing follows a cancel"
//	3.7   Cancel after Cancel does nothing         "3.6, 3.7 nothing follows a cancel"
//	3.8   requests add up                          "3.8 requests add up", and wherever values are missing
//	3.9   less than one is answered by OnError     "3.9 request of less than one"
//	3.10  Request may call OnNext                  permitted; "3.2 request from inside signals" lets it
//	3.11  Request may call OnComplete              permitted
//	3.12  Cancel makes the publisher stop          "1.8 cancel stops the values"
//	3.13  Cancel makes it forget the subscriber    "3.13 the subscriber is forgotten"
//	3.14  Cancel may end a stateful publisher      permitted
//	3.15  Cancel returns normally                  always, in the suite
//	3.16  Request returns normally                 always, in the suite
//	3.17  demand of 2^63-1 and more is unbounded   "3.17 demand without bound"
//
// Processor, that is, operator:
//
//	4.1   obeys both sides                         all of the above
//	4.2   failure is passed on or recovered from   "1.4 ..." and "2.10 ...": at once, without demand
//
// Rules of this project, with words for numbers:
//
//	demand      a source is asked for no more than its operator was asked for and [Subject.ReadAhead]
//	limit       a stream has no more values than [Subject.MaxValues]
//	context     the context of a subscription reaches the source
//	goroutines  none is left when a subscription has ended
//
// A rule whose breach needs a certain moment cannot be proven kept, only found broken.
package reactivetest
