// Command go asks a server through a client that oapi-codegen made of its /openapi.json,
// below api/, and says what is not as it should be. Usage: go run . URL OBJECTS, with a
// token in TOKEN.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"

	"client.test/api"
)

const binary = "application/octet-stream"

func main() {
	if err := ask(os.Args[1], os.Args[2], os.Getenv("TOKEN")); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// ask uses the commands that take nothing, an object, several, and what is answered in
// place of a result.
func ask(url, objects, token string) error {
	ctx := context.Background()
	json := api.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Accept", "application/json")
		return nil
	})
	stranger, err := api.NewClientWithResponses(url, json)
	if err != nil {
		return err
	}
	c, err := api.NewClientWithResponses(url, json, api.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}))
	if err != nil {
		return err
	}
	object := func(name string) []byte {
		b, e := os.ReadFile(filepath.Join(objects, name))
		err = errors.Join(err, e)
		return b
	}
	sdot, avx2, overrun, socket := object("sdot.o"), object("sdot_avx2.o"), object("overrun.o"), object("socket.o")
	if err != nil {
		return err
	}

	fit, err := stranger.MonitorWithResponse(ctx, "m")
	if err != nil {
		return fmt.Errorf("monitor: %w", err)
	}
	if fit.JSON200 == nil || fit.JSON200.Status != "fit" || fit.JSON200.Sandbox["seccomp"] == "" {
		return fmt.Errorf("monitor: %s", fit.Body)
	}
	kernel := "sdot"
	params := &api.RunParams{Kernel: &kernel, Parameters: &map[string]string{"n": "1234"}}
	who, err := stranger.RunWithBodyWithResponse(ctx, "m", params, binary, bytes.NewReader(sdot))
	if err != nil {
		return fmt.Errorf("run without a token: %w", err)
	}
	if who.ApplicationproblemJSON401 == nil || who.ApplicationproblemJSON401.Class != api.ProblemClassUnauthorized {
		return fmt.Errorf("run without a token: %s", who.Body)
	}
	ran, err := c.RunWithBodyWithResponse(ctx, "m", params, binary, bytes.NewReader(sdot))
	if err != nil {
		return fmt.Errorf("run: %w", err)
	}
	if ran.JSON200 == nil || ran.JSON200.Verify.Status != "match" || ran.JSON200.Params == nil || (*ran.JSON200.Params)["n"] != 1234 || ran.JSON200.Counters == nil || len(*ran.JSON200.Counters) == 0 {
		return fmt.Errorf("run: %s", ran.Body)
	}
	symbol := "playground"
	refused, err := c.RunWithBodyWithResponse(ctx, "m", &api.RunParams{Kernel: &kernel, Symbol: &symbol}, binary, bytes.NewReader(socket))
	if err != nil {
		return fmt.Errorf("run of what is refused: %w", err)
	}
	if refused.ApplicationproblemJSON422 == nil || refused.ApplicationproblemJSON422.Class != api.ProblemClassRefusedInstruction || refused.ApplicationproblemJSON422.Rule == nil {
		return fmt.Errorf("run of what is refused: %s", refused.Body)
	}
	yes := "1"
	screened, err := c.ScreenWithBodyWithResponse(ctx, "m", &api.ScreenParams{Listing: &yes}, binary, bytes.NewReader(socket))
	if err != nil {
		return fmt.Errorf("screen: %w", err)
	}
	if screened.JSON200 == nil || screened.JSON200.Verdict != "refused" || screened.JSON200.Refusals == nil || len(*screened.JSON200.Refusals) != screened.JSON200.RefusalCount {
		return fmt.Errorf("screen: %s", screened.Body)
	}
	cases, seed := "50", "7"
	for _, of := range []struct {
		object []byte
		ok     bool
	}{{avx2, true}, {overrun, false}} {
		body, media := form("object", of.object, "reference", sdot)
		checked, err := c.CheckWithBodyWithResponse(ctx, "m", &api.CheckParams{Kernel: &kernel, Cases: &cases, Seed: &seed}, media, body)
		if err != nil {
			return fmt.Errorf("check: %w", err)
		}
		if checked.JSON200 == nil || checked.JSON200.Ok != of.ok || checked.JSON200.Seed != 7 || (checked.JSON200.Failures != nil && len(*checked.JSON200.Failures) > 0) == of.ok {
			return fmt.Errorf("check: %s", checked.Body)
		}
	}
	body, media := form("a", sdot, "b", avx2)
	effort := "quick"
	compared, err := c.CompareWithBodyWithResponse(ctx, "m", &api.CompareParams{Kernel: &kernel, Effort: &effort}, media, body)
	if err != nil {
		return fmt.Errorf("compare: %w", err)
	}
	if compared.JSON200 == nil || compared.JSON200.Ratios == nil || len(*compared.JSON200.Ratios) == 0 {
		return fmt.Errorf("compare: %s", compared.Body)
	}
	swept, err := c.SweepWithBodyWithResponse(ctx, "m", &api.SweepParams{Kernel: &kernel, Effort: &effort, Parameters: &map[string]string{"n": "64,128"}}, binary, bytes.NewReader(sdot))
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	if swept.JSON200 == nil || swept.JSON200.Points == nil || len(*swept.JSON200.Points) != 2 {
		return fmt.Errorf("sweep: %s", swept.Body)
	}
	seen, err := c.InspectWithBodyWithResponse(ctx, "m", nil, binary, bytes.NewReader(sdot))
	if err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	if seen.JSON200 == nil {
		return fmt.Errorf("inspect: %s", seen.Body)
	}
	known, err := c.KernelsWithResponse(ctx, "m", &api.KernelsParams{Kernel: &kernel})
	if err != nil {
		return fmt.Errorf("kernels: %w", err)
	}
	if known.JSON200 == nil || known.JSON200.Kernels == nil || len(*known.JSON200.Kernels) != 1 {
		return fmt.Errorf("kernels: %s", known.Body)
	}
	layers, err := c.SandboxWithResponse(ctx, "m")
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	if layers.JSON200 == nil || layers.JSON200.Layers == nil || len(*layers.JSON200.Layers) == 0 {
		return fmt.Errorf("sandbox: %s", layers.Body)
	}
	events, err := c.EventsWithResponse(ctx, "m", nil)
	if err != nil {
		return fmt.Errorf("events: %w", err)
	}
	if events.JSON200 == nil {
		return fmt.Errorf("events: %s", events.Body)
	}
	fmt.Println("a client by oapi-codegen: monitor, run, screen, check, compare, sweep, inspect, kernels, sandbox and events answer as described")
	return nil
}

// form is a body with two files.
func form(name string, file []byte, other string, otherFile []byte) (body *bytes.Buffer, media string) {
	body = new(bytes.Buffer)
	w := multipart.NewWriter(body)
	for _, part := range []struct {
		name string
		file []byte
	}{{name, file}, {other, otherFile}} {
		p, err := w.CreateFormFile(part.name, part.name+".o") // into memory
		if err == nil {
			_, _ = p.Write(part.file)
		}
	}
	_ = w.Close()
	return body, w.FormDataContentType()
}
