package wire

import (
	"errors"
	"time"
)

var errTime = errors.New("want a date and time with offset, like 2026-08-30T16:45:57.785+09:00")

// parseTime reads an ISO 8601 date and time with offset as Java's ISO_OFFSET_DATE_TIME does: the letters in any case,
// seconds optional, a fraction of up to nine digits, an offset of hours and optional minutes and seconds up to 18 hours.
// Years have four digits. The result is cut to milliseconds, which is what the protocol carries.
func parseTime(text string) (time.Time, error) {
	c := timeCursor{b: text}
	year := c.digits(4)
	c.char('-', '-')
	month := c.digits(2)
	c.char('-', '-')
	day := c.digits(2)
	c.char('T', 't')
	hour := c.digits(2)
	c.char(':', ':')
	minute := c.digits(2)
	second, nanos := 0, 0
	if c.optional(':') {
		second = c.digits(2)
		if c.optional('.') {
			nanos = c.fraction()
		}
	}
	offset := c.offset()
	if c.bad || len(c.b) > 0 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, errTime
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC)
	if t.Month() != time.Month(month) || t.Day() != day { // time.Date carries over: 30 February is 1 or 2 March
		return time.Time{}, errTime
	}
	return time.UnixMilli(t.UnixMilli() - int64(offset)*1000), nil
}

// timeCursor reads the parts of a date one after the other; the first mistake sticks.
type timeCursor struct {
	b   string
	bad bool
}

// digits takes exactly n digits.
func (c *timeCursor) digits(n int) (v int) {
	if len(c.b) < n {
		c.bad = true
		return 0
	}
	for _, d := range []byte(c.b[:n]) {
		if d < '0' || d > '9' {
			c.bad = true
			return 0
		}
		v = v*10 + int(d-'0')
	}
	c.b = c.b[n:]
	return v
}

// char takes one of two characters.
func (c *timeCursor) char(x, y byte) {
	if !c.optional(x) && !c.optional(y) {
		c.bad = true
	}
}

// optional takes a character if it is there.
func (c *timeCursor) optional(x byte) bool {
	if len(c.b) == 0 || c.b[0] != x {
		return false
	}
	c.b = c.b[1:]
	return true
}

// fraction takes up to nine digits, none included, and returns nanoseconds.
func (c *timeCursor) fraction() (nanos int) {
	unit := 100_000_000
	for ; unit > 0 && len(c.b) > 0 && '0' <= c.b[0] && c.b[0] <= '9'; unit /= 10 {
		nanos += unit * int(c.b[0]-'0')
		c.b = c.b[1:]
	}
	return nanos
}

// offset takes Z or a signed offset and returns seconds.
func (c *timeCursor) offset() int {
	if c.optional('Z') || c.optional('z') {
		return 0
	}
	sign := 1
	if c.optional('-') {
		sign = -1
	} else if !c.optional('+') {
		c.bad = true
	}
	hours := c.digits(2)
	var minutes, seconds int
	if c.optional(':') {
		minutes = c.digits(2)
		if c.optional(':') {
			seconds = c.digits(2)
		}
	}
	v := hours*3600 + minutes*60 + seconds
	if minutes > 59 || seconds > 59 || v > 18*3600 {
		c.bad = true
	}
	return sign * v
}
