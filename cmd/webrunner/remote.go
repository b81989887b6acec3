package main

import "webrunner/internal/client"

// remoteOptions are the flags of commands that can ask a server.
type remoteOptions struct {
	server  string
	machine string
	token   string
}

func (o *remoteOptions) define(f *flags) {
	o.machine = "local"
	f.text(&o.server, "server", "URL", "ask the WebRunner at URL instead of this host")
	f.text(&o.machine, "machine", "ID", "machine-id in the path, for a proxy to route by (local)")
	f.text(&o.token, "token-file", "FILE", "with --server: the token to send")
}

// settle refuses flags that would have no effect.
func (o *remoteOptions) settle(f *flags) error {
	about, list := "is for this host; a server at --server has its own", f.given("without", "kernels", "timeout")
	if o.server == "" {
		about, list = "is for asking a server; name it by --server", f.given("machine", "token-file")
	}
	if len(list) > 0 {
		return usage("%s %s", list[0], about)
	}
	return nil
}

// client is of the server that the flags name.
func (o *remoteOptions) client() (*client.Client, error) {
	token, err := readToken(o.token)
	if err != nil {
		return nil, err
	}
	c, err := client.New(o.server, o.machine, token)
	if err != nil {
		return nil, usage("--server: %v", err)
	}
	return c, nil
}
