package main

import (
	"os"
	"time"

	"webrunner/internal/client"
	"webrunner/internal/tokens"
)

// remoteOptions are the flags of commands that can ask a server.
type remoteOptions struct {
	server  string
	machine string
	token   string
	wait    time.Duration
}

// The environment of commands that can ask a server: what the flags --server and
// --token-file are where they are not given.
const (
	serverVariable = "WEBRUNNER_SERVER"
	tokenVariable  = "WEBRUNNER_TOKEN_FILE"
)

func (o *remoteOptions) define(f *flags) {
	o.machine = "local"
	f.text(&o.server, "server", "URL", "ask the WebRunner at URL instead of this host; - is this host whatever $"+serverVariable+" says")
	f.text(&o.machine, "machine", "ID[,ID...]", "machine-id in the path, for a proxy to route by (local); several are asked at one time")
	f.text(&o.token, "token-file", "FILE", "with --server: the token to send; default $"+tokenVariable)
	f.span(&o.wait, "wait", "DURATION", "with --server: while it is busy, ask again this long, as it says when (0s)")
}

// settle takes what is not given from the environment, and refuses flags that would have
// no effect.
func (o *remoteOptions) settle(f *flags) error {
	switch {
	case o.server == "-":
		o.server = ""
	case o.server == "" && len(f.given("without", "speculation", "kernels", "timeout")) == 0:
		o.server = os.Getenv(serverVariable)
	}
	if o.token == "" && o.server != "" {
		o.token = os.Getenv(tokenVariable)
	}
	about, list := "is for this host; a server at --server has its own", f.given("without", "speculation", "kernels", "timeout")
	if o.server == "" {
		about, list = "is for asking a server; name it by --server", f.given("machine", "token-file", "wait")
	}
	if len(list) > 0 {
		return usage("%s %s", list[0], about)
	}
	_, err := o.machines()
	return err
}

// client is of the server that the flags name.
func (o *remoteOptions) client() (*client.Client, error) {
	if o.many() {
		return nil, o.alone("this command")
	}
	token := ""
	if o.token != "" {
		list, err := tokens.Read(o.token)
		if err != nil {
			return nil, usage("--token-file: %v", err)
		}
		token = list[0].Text
	}
	c, err := client.New(o.server, o.machine, token)
	if err != nil {
		return nil, usage("--server: %v", err)
	}
	c.Wait = o.wait
	return c, nil
}
