package wire

import (
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	tests := []struct {
		name, in, want string // want empty: refused
	}{
		{"full", "2016-08-30T16:45:57.785+09:00", "2016-08-30T07:45:57.785Z"},
		{"no seconds", "2016-08-30T16:45Z", "2016-08-30T16:45:00Z"},
		{"no fraction", "2016-08-30T16:45:57Z", "2016-08-30T16:45:57Z"},
		{"lower case", "2016-08-30t16:45:57z", "2016-08-30T16:45:57Z"},
		{"nine digits", "2016-08-30T16:45:57.123456789Z", "2016-08-30T16:45:57.123Z"},
		{"one digit", "2016-08-30T16:45:57.5Z", "2016-08-30T16:45:57.5Z"},
		{"point without digits", "2016-08-30T16:45:57.Z", "2016-08-30T16:45:57Z"},
		{"offset of hours", "2016-08-30T16:45+09", "2016-08-30T07:45:00Z"},
		{"offset with seconds", "2016-08-30T16:45+00:00:01", "2016-08-30T16:44:59Z"},
		{"negative offset", "2016-08-30T16:45:00-07:30", "2016-08-31T00:15:00Z"},
		{"largest offset", "2016-08-30T16:45:00+18:00", "2016-08-29T22:45:00Z"},
		{"before 1970, cut downwards", "1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"},
		{"leap day", "2024-02-29T00:00Z", "2024-02-29T00:00:00Z"},
		{"year 0", "0000-01-01T00:00Z", "0000-01-01T00:00:00Z"},

		{"empty", "", ""},
		{"blank in the middle", "2016-08-30 16:45:57.785", ""},
		{"blank before", " 2016-08-30T16:45Z", ""},
		{"blank after", "2016-08-30T16:45Z ", ""},
		{"no offset", "2016-08-30T16:45:57", ""},
		{"offset without colon", "2016-08-30T16:45:57+0900", ""},
		{"offset of one digit", "2016-08-30T16:45:57+9", ""},
		{"offset beyond 18 hours", "2016-08-30T16:45:00+18:01", ""},
		{"offset of 60 minutes", "2016-08-30T16:45:00+01:60", ""},
		{"offset of 60 seconds", "2016-08-30T16:45:00+01:00:60", ""},
		{"ten digits", "2016-08-30T16:45:57.1234567891Z", ""},
		{"fraction without seconds", "2016-08-30T16:45.5Z", ""},
		{"date alone", "2016-08-30", ""},
		{"number", "1472543157785", ""},
		{"month 0", "2016-00-30T16:45Z", ""},
		{"month 13", "2016-13-30T16:45Z", ""},
		{"day 0", "2016-08-00T16:45Z", ""},
		{"30 February", "2024-02-30T00:00Z", ""},
		{"29 February", "2023-02-29T00:00Z", ""},
		{"hour 24", "2016-08-30T24:00Z", ""},
		{"minute 60", "2016-08-30T16:60Z", ""},
		{"second 60", "2016-08-30T16:45:60Z", ""},
		{"short year", "216-08-30T16:45Z", ""},
		{"short hour", "2016-08-30T6:45Z", ""},
		{"zone name", "2016-08-30T16:45Z[UTC]", ""},
		{"not a digit", "2016-08-3xT16:45Z", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseTime(tt.in)
			if tt.want == "" {
				if err == nil {
					t.Errorf("parseTime(%q) = %v, want an error", tt.in, got)
				}
				return
			}
			if want := at(tt.want); err != nil || !got.Equal(want) {
				t.Errorf("parseTime(%q) = %v, %v, want %v", tt.in, got, err, want)
			}
		})
	}
}

// FuzzParseTime compares with the standard library's RFC 3339, which is a part of what is accepted.
func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"2016-08-30T16:45:57.785+09:00", "2016-08-30T16:45Z", "2024-02-29T00:00:00-18:00", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := parseTime(s)
		want, std := time.Parse(time.RFC3339, s)
		// Go allows offsets up to 24 hours, more than nine digits and a comma before the fraction.
		if _, offset := want.Zone(); std == nil && err == nil && !got.Equal(want.Truncate(time.Millisecond)) && offset%60 == 0 {
			t.Errorf("parseTime(%q) = %v, want %v", s, got, want)
		}
		if err != nil {
			return
		}
		text := string(appendTime(nil, got.UTC()))
		again, err := parseTime(text[1 : len(text)-1])
		if y := got.UTC().Year(); y >= 0 && y <= 9999 && (err != nil || !again.Equal(got)) {
			t.Errorf("parseTime(%q) = %v, printed %s, read again %v, %v", s, got, text, again, err)
		}
	})
}
