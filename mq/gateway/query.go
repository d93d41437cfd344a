package gateway

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// query is the query of a URL: of a repeated name the first value counts, as in a servlet.
type query map[string]string

// parseQuery reads a raw query. A semicolon is a character like any other.
func parseQuery(raw string) (query, error) {
	q := make(query)
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return nil, badParam("malformed escape in the name of a parameter")
		}
		if _, again := q[name]; again {
			continue
		}
		if q[name], err = url.QueryUnescape(value); err != nil {
			return nil, badParam("%s: malformed escape in the value", shown(name))
		}
	}
	return q, nil
}

// badParam refuses a parameter, in the form of Pulsar's answer.
func badParam(format string, a ...any) error {
	return badRequest(badParams + fmt.Sprintf(format, a...))
}

// params reads parameters from a query by Java's rules. The first mistake sticks, and is what Pulsar would report:
// each parameter is checked as it is read.
type params struct {
	q   query
	err error
}

// fail records the first mistake.
func (p *params) fail(format string, a ...any) {
	if p.err == nil {
		p.err = badParam(format, a...)
	}
}

// has tells whether the parameter is there, if only without a value.
func (p *params) has(name string) bool {
	_, ok := p.q[name]
	return ok
}

// name returns a text that must not be blank if it is there.
func (p *params) name(name string) string {
	v := p.q[name]
	if p.has(name) && strings.TrimSpace(v) == "" {
		p.fail("%s cannot be blank", name)
	}
	return v
}

// boolean is true for "true" in any case and false for everything else.
func (p *params) boolean(name string) bool { return strings.EqualFold(p.q[name], "true") }

// integer returns a number of at most size bits, with or without sign, and def if it is not there.
func (p *params) integer(name string, size int, def int64) int64 {
	if !p.has(name) {
		return def
	}
	v, err := strconv.ParseInt(p.q[name], 10, size)
	if err != nil {
		p.fail("%s: %.40q is not an integer of %d bits", name, p.q[name], size)
	}
	return v
}

// notNegative is integer for 32 bits and refuses what is below zero, calling the parameter what Pulsar's client calls
// it.
func (p *params) notNegative(name, client string, def int64) int64 {
	v := p.integer(name, 32, def)
	if v < 0 {
		p.fail("%s needs to be >= 0", client)
	}
	return v
}

// millis is notNegative for a duration.
func (p *params) millis(name, client string, def time.Duration) time.Duration {
	return time.Duration(p.notNegative(name, client, def.Milliseconds())) * time.Millisecond
}

// oneOf returns one of the allowed texts, the first one if the parameter is not there.
func (p *params) oneOf(name string, allowed ...string) string {
	if !p.has(name) {
		return allowed[0]
	}
	v := p.q[name]
	for _, a := range allowed {
		if v == a {
			return v
		}
	}
	p.fail("Invalid %s %s", name, shown(v))
	return allowed[0]
}

// shown is a client's value for a text to people: as it is, which is how Pulsar shows it, or quoted if it would garble
// the text.
func shown(v string) string {
	if q := strconv.Quote(v); len(v) > 40 || q[1:len(q)-1] != v {
		return fmt.Sprintf("%.40q", v)
	}
	return v
}
