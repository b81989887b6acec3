package child_test

import (
	"context"
	"testing"

	"webrunner/examples"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// BenchmarkJob is a whole job through a child: the child is warm if the pool
// keeps up, else the figure includes its start.
func BenchmarkJob(b *testing.B) {
	p, err := pool()
	if err != nil {
		b.Fatal(err)
	}
	h, err := host()
	if err != nil {
		b.Fatal(err)
	}
	set, err := kernels.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	object, err := examples.Object("sdot")
	if err != nil {
		b.Fatal(err)
	}
	spec, err := set.Find("sdot")
	if err != nil {
		b.Fatal(err)
	}
	values, err := spec.Values(nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, kind := range []wire.Kind{wire.Run, wire.Screen, wire.Inspect} {
		b.Run(string(kind), func(b *testing.B) {
			for b.Loop() {
				rep, _, err := p.Do(context.Background(), &wire.Job{
					Kind: kind, Spec: spec.XML, Params: values, Object: object, Host: h, Budget: budget(),
				}, nil)
				if err != nil || rep.Problem != nil {
					b.Fatal(rep, err)
				}
			}
		})
	}
}
