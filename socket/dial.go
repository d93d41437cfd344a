package socket

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Bounds of what a client reads of an answer that it cannot know, in bytes.
const (
	maxAnswerHead = 64 << 10
	maxAnswerBody = 4 << 10
)

// answerBodyTimeout is how long a client waits for the body of a refusal, whose status it knows already.
const answerBodyTimeout = time.Second

// errHandshakeTimeout is the cause when [Config.HandshakeTimeout] has passed.
var errHandshakeTimeout = fmt.Errorf("handshake timeout: %w", context.DeadlineExceeded)

// DialError is the reason why a client has got no session.
type DialError struct {
	// URL is what was dialled, without the query, which may hold a secret.
	URL string
	// Status is the HTTP status of the server's answer, 0 if there was none. With 101 the answer was a broken one: Err
	// says how.
	Status int
	// Header is that of the answer: Location, WWW-Authenticate, Retry-After. A client follows no redirect by itself.
	Header http.Header
	// Body is the beginning of the answer's body, at most 4 KiB.
	Body []byte
	// Err is the failure below: of the URL, the network, TLS, the answer. It is nil if the server just refused, and
	// the cause of the context if that has ended.
	Err error
}

// Error returns the URL, the status and the failure.
func (e *DialError) Error() string {
	s := "socket: dial " + e.URL
	if e.Status != 0 {
		s += fmt.Sprintf(": %d %s", e.Status, http.StatusText(e.Status))
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns Err.
func (e *DialError) Unwrap() error { return e.Err }

// dial connects to the server and does the opening handshake (RFC 6455, 4.1). All errors are *DialErrors.
//
// The answer is read by net/http rather than by ws.Dialer: it takes a Connection field with several tokens, which proxies
// send and the RFC allows, keeps all header fields for the caller, and the body of a refusal.
func (c *Client) dial(ctx context.Context, rawURL string, timeout time.Duration, subprotocols []string) (
	up Upgraded, h *Handshake, err error) {
	u, address, err := parseURL(rawURL)
	failure := &DialError{URL: redacted(u)}
	if err != nil {
		failure.Err = err
		return up, nil, failure
	}
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, errHandshakeTimeout)
		defer cancel()
	}
	conn, err := c.connect(ctx, u, address)
	if err != nil {
		failure.Err = cause(ctx, err)
		return up, nil, failure
	}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	h, early, err := c.shakeHands(ctx, conn, u, subprotocols, failure)
	if !stop() && err == nil {
		err = ctx.Err() // the answer came just in time, but the deadline is set
	}
	if err != nil {
		conn.Close()
		if err != errRefused {
			failure.Err = cause(ctx, err)
		}
		return up, nil, failure
	}
	return Upgraded{Conn: conn, Early: early}, h, nil
}

// cause returns the reason why ctx has ended, if it has, since that is why everything else fails.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// parseURL takes a ws, wss, http or https URL, as the URL standard does for new WebSocket(url), and returns what to
// connect to.
func parseURL(raw string) (u *url.URL, address string, err error) {
	if u, err = url.Parse(raw); err != nil {
		// What url.Parse says repeats the URL, with its query.
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return nil, "", fmt.Errorf("bad URL: %w", err)
	}
	port := "80"
	switch u.Scheme {
	case "ws", "http":
		u.Scheme = "ws"
	case "wss", "https":
		u.Scheme = "wss"
		port = "443"
	default:
		return u, "", fmt.Errorf("bad URL: scheme %q is neither ws nor wss", u.Scheme)
	}
	switch {
	case u.Hostname() == "":
		return u, "", errors.New("bad URL: no host")
	case u.Fragment != "":
		return u, "", errors.New("bad URL: a fragment is not allowed (RFC 6455, 3)")
	case u.User != nil:
		return u, "", errors.New("bad URL: credentials belong into Client.Header")
	}
	if u.Port() != "" {
		port = u.Port()
	}
	return u, net.JoinHostPort(u.Hostname(), port), nil
}

// redacted returns u without what may be secret.
func redacted(u *url.URL) string {
	if u == nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}

// connect opens the connection, with TLS for wss.
func (c *Client) connect(ctx context.Context, u *url.URL, address string) (net.Conn, error) {
	dial := c.DialContext
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, "tcp", address)
	if conn == nil && err == nil {
		return nil, errors.New("DialContext returned neither a connection nor an error")
	}
	if err != nil || u.Scheme != "wss" {
		return conn, err
	}
	config := c.TLS.Clone()
	if config == nil {
		config = new(tls.Config)
	}
	if config.ServerName == "" {
		config.ServerName = u.Hostname()
	}
	if config.NextProtos == nil {
		config.NextProtos = []string{"http/1.1"} // not h2, which a server would prefer
	}
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

// errRefused says that the server has answered, but not with 101; the rest is in the DialError.
var errRefused = errors.New("refused")

// shakeHands sends the request and reads the answer. What the peer has sent behind it is early.
func (c *Client) shakeHands(ctx context.Context, conn net.Conn, u *url.URL, subprotocols []string, failure *DialError) (
	h *Handshake, early []byte, err error) {
	key := newKey()
	request := c.request(u, key, subprotocols)
	if err := request.Write(conn); err != nil {
		return nil, nil, err
	}
	limit := &io.LimitedReader{R: conn, N: maxAnswerHead}
	in := bufio.NewReader(limit)
	answer, err := readAnswer(in, request)
	if err != nil {
		if limit.N == 0 {
			err = fmt.Errorf("the answer's header is larger than %d bytes", maxAnswerHead)
		}
		return nil, nil, err
	}
	failure.Status, failure.Header = answer.StatusCode, answer.Header
	if answer.StatusCode != http.StatusSwitchingProtocols {
		// The deadline that ctx may set meanwhile is lost, but this one is no later than a second from now.
		conn.SetReadDeadline(time.Now().Add(answerBodyTimeout))
		limit.N = 2 * maxAnswerBody // chunks have a frame, too
		failure.Body, _ = io.ReadAll(io.LimitReader(answer.Body, maxAnswerBody))
		return nil, nil, errRefused
	}
	subprotocol, err := checkAnswer(answer, key, subprotocols)
	if err != nil {
		return nil, nil, err
	}
	if n := in.Buffered(); n > 0 {
		early, _ = in.Peek(n)
	}
	h = &Handshake{
		URL:         u,
		Host:        request.Host,
		header:      answer.Header,
		LocalAddr:   conn.LocalAddr(),
		Subprotocol: subprotocol,
		ctx:         context.WithoutCancel(ctx),
	}
	if a := conn.RemoteAddr(); a != nil {
		h.RemoteAddr = a.String()
	}
	if secure, ok := conn.(*tls.Conn); ok {
		state := secure.ConnectionState()
		h.TLS = &state
	}
	return h, early, nil
}

// newKey returns the value of Sec-WebSocket-Key: 16 random bytes.
func newKey() string {
	var nonce [16]byte
	rand.Read(nonce[:])
	return base64.StdEncoding.EncodeToString(nonce[:])
}

// request returns the client's half of the handshake.
func (c *Client) request(u *url.URL, key string, subprotocols []string) *http.Request {
	header := c.Header.Clone()
	if header == nil {
		header = make(http.Header)
	}
	host := u.Host
	if v := header.Get("Host"); v != "" {
		host = v // net/http leaves it out otherwise
	}
	header.Set("Connection", "Upgrade")
	header.Set("Upgrade", "websocket")
	header.Set("Sec-WebSocket-Version", "13")
	header.Set("Sec-WebSocket-Key", key)
	header.Del("Sec-WebSocket-Extensions")
	header.Del("Sec-WebSocket-Protocol")
	if len(subprotocols) > 0 {
		header.Set("Sec-WebSocket-Protocol", strings.Join(subprotocols, ", "))
	}
	return &http.Request{Method: http.MethodGet, URL: u, Host: host, Header: header, ProtoMajor: 1, ProtoMinor: 1}
}

// readAnswer reads the server's answer, past interim ones such as 103 Early Hints.
func readAnswer(in *bufio.Reader, request *http.Request) (*http.Response, error) {
	for {
		answer, err := http.ReadResponse(in, request)
		if err != nil {
			return nil, err
		}
		if code := answer.StatusCode; code < 100 || code > 199 || code == http.StatusSwitchingProtocols {
			return answer, nil
		}
	}
}

// checkAnswer applies the rules of RFC 6455, 4.1 to an answer with status 101.
func checkAnswer(answer *http.Response, key string, offered []string) (subprotocol string, err error) {
	h := answer.Header
	protocols := h.Values("Sec-WebSocket-Protocol")
	switch {
	case !answer.ProtoAtLeast(1, 1):
		return "", fmt.Errorf("the answer is %s, want HTTP/1.1", answer.Proto)
	case !hasToken(h.Values("Upgrade"), "websocket"):
		return "", fmt.Errorf("the answer upgrades to %q, want websocket", h.Get("Upgrade"))
	case !hasToken(h.Values("Connection"), "upgrade"):
		return "", fmt.Errorf("the answer's Connection is %q, want Upgrade", h.Get("Connection"))
	case h.Get("Sec-WebSocket-Accept") != acceptKey(key):
		return "", errors.New("the answer's Sec-WebSocket-Accept does not belong to the key")
	case len(h.Values("Sec-WebSocket-Extensions")) > 0:
		return "", fmt.Errorf("the answer uses the extension %q, which was not offered", h.Get("Sec-WebSocket-Extensions"))
	case len(protocols) == 0:
		return "", nil // the server speaks none of them
	case len(protocols) > 1 || !slices.Contains(offered, protocols[0]):
		return "", fmt.Errorf("the answer chooses the subprotocol %q, which was not offered", strings.Join(protocols, ", "))
	}
	return protocols[0], nil
}
