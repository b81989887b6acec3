package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

func testJob() *Job {
	return &Job{
		Kind: Run, Spec: []byte("<kernel/>"), Params: map[string]uint64{"n": math.MaxUint64}, Seed: 7, AuditSeed: math.MaxUint64,
		Budget: Budget{Deadline: 1e6, CPU: 2, Call: 3, Memory: 1 << 40, Precision: 0.01, Effort: Quick},
		Host:   Host{CPU: "x", PMUReason: "none", CPUs: []int{0, 1}}, Groups: []Group{{{Name: "Cycles", Type: 4, Config: 0x3c}}}, Measure: MeasureOptions{ColdData: true, Align: new(uint64)},
		Screen: ScreenOptions{Boundaries: true, Assume: "SKX"}, Object: []byte("\x7fELF\x00\xff"),
		Parts: []Part{{Role: RoleReference, Name: "r.o", Symbol: "f", Bytes: 3, Data: []byte("ref")}, {Role: RoleFile, Name: "empty"}, {Role: RoleWith, Name: "m.a", Bytes: 1, Data: []byte{0}}},
	}
}

func testResult() *Report {
	return &Report{OK: true, Result: &Result{Kernel: "sdot", Params: map[string]json.Number{"n": "1"},
		Verify: Verify{Status: VerifyNone}, Integrity: Unproven,
		Counters: []Counter{{Name: FigureCycles, Value: -0.5, Source: TSC}}, Result: Value{Float: new(Float(math.Inf(1)))}}}
}

func TestJobRoundTrip(t *testing.T) {
	want := testJob()
	var b bytes.Buffer
	if err := WriteJob(&b, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadJob(iotest.OneByteReader(&b), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if b.Len() != 0 {
		t.Errorf("%d bytes left", b.Len())
	}
}

func TestReportRoundTrip(t *testing.T) {
	off := uint64(3)
	problem := Problemf(Crashed, "boom")
	problem.Offset = &off
	for _, want := range []*Report{
		testResult(), {Problem: problem}, {Document: json.RawMessage(`{"layers":{}}`), OK: true, Text: "t"},
	} {
		var b bytes.Buffer
		if err := WriteReport(&b, want); err != nil {
			t.Fatal(err)
		}
		got, err := ReadReport(&b, 1<<20, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
	}
}

// TestProgress reads progress before a report, within the bound of all frames.
func TestProgress(t *testing.T) {
	var b bytes.Buffer
	want := []*Progress{{Done: 1, Of: 2, Left: 0.5}, {Done: 2, Of: 2, Point: &Point{Params: map[string]json.Number{"n": "3"}, Result: testResult().Result}}}
	for _, p := range want {
		if err := WriteProgress(&b, p); err != nil {
			t.Fatal(err)
		}
	}
	if err := WriteReport(&b, testResult()); err != nil {
		t.Fatal(err)
	}
	whole := int64(b.Len())
	var got []*Progress
	rep, err := ReadReport(bytes.NewReader(b.Bytes()), whole, func(p *Progress) { got = append(got, p) })
	if err != nil || !reflect.DeepEqual(rep, testResult()) || !reflect.DeepEqual(got, want) {
		t.Errorf("%v: %+v after %+v", err, rep, got)
	}
	if _, err := ReadReport(bytes.NewReader(b.Bytes()), whole/2, nil); !errors.Is(err, ErrFrame) {
		t.Errorf("%v for more than the bound, want ErrFrame", err)
	}
}

// TestValue holds that a result has the fields that exist, zeros included.
func TestValue(t *testing.T) {
	for _, row := range []struct {
		v          Value
		json, text string
	}{
		{Value{}, `{}`, ""},
		{Value{Int: new(int64(0))}, `{"int":0}`, "0"},
		{Value{Int: new(int64(math.MinInt64))}, `{"int":-9223372036854775808}`, "-9223372036854775808"},
		{Value{Float: new(Float(0))}, `{"float":0}`, "0"},
		{Value{Float: new(Float(10.5))}, `{"float":10.5}`, "10.5"},
		{Value{Float: new(Float(math.Inf(-1)))}, `{"float":"-Inf"}`, "-Inf"},
	} {
		b, err := json.Marshal(row.v)
		if err != nil || string(b) != row.json || row.v.String() != row.text {
			t.Errorf("%s, %q, %v; want %s, %q", b, row.v, err, row.json, row.text)
		}
		var back Value
		if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(back, row.v) {
			t.Errorf("%s comes back as %+v, %v", b, back, err)
		}
	}
}

func TestWriteReportRefuses(t *testing.T) {
	nan := testResult()
	nan.Result.Counters[0].Value = math.NaN()
	for name, r := range map[string]*Report{
		"empty": {},
		"two":   {Problem: Problemf(Internal, "x"), Document: json.RawMessage("1")},
		"NaN":   nan,
	} {
		var b bytes.Buffer
		if err := WriteReport(&b, r); err == nil || b.Len() != 0 {
			t.Errorf("%s: error %v after %d bytes", name, err, b.Len())
		}
	}
}

// TestCutFrames cuts a job at every byte: no prefix of a frame is a frame.
func TestCutFrames(t *testing.T) {
	var b bytes.Buffer
	if err := WriteJob(&b, testJob()); err != nil {
		t.Fatal(err)
	}
	for n := range b.Len() {
		_, err := ReadJob(bytes.NewReader(b.Bytes()[:n]), 1<<20)
		want := io.ErrUnexpectedEOF
		if n == 0 {
			want = io.EOF
		}
		if err != want {
			t.Fatalf("cut at %d: %v, want %v", n, err, want)
		}
	}
}

func frame(kind frameKind, text, raw string) []byte {
	b := []byte(frameMagic)
	b = binary.LittleEndian.AppendUint16(b, frameVersion)
	b = binary.LittleEndian.AppendUint16(b, uint16(kind))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(text)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(raw)))
	return append(append(b, text...), raw...)
}

func TestMalformedFrames(t *testing.T) {
	job := func(b []byte) error { _, err := ReadJob(bytes.NewReader(b), 1<<10); return err }
	report := func(b []byte) error { _, err := ReadReport(bytes.NewReader(b), 1<<14, nil); return err }
	bad := func(at int, v byte) []byte { b := frame(frameJob, `{"kind":"run"}`, ""); b[at] = v; return b }
	for _, row := range []struct {
		name string
		read func([]byte) error
		in   []byte
	}{
		{"magic", job, bad(0, 'X')},
		{"version", job, bad(4, 9)},
		{"kind", job, bad(6, 77)},
		{"report for job", job, frame(frameReport, `{"document":1}`, "")},
		{"job for report", report, frame(frameJob, `{"kind":"run"}`, "")},
		{"unknown job kind", job, frame(frameJob, `{"kind":"walk"}`, "")},
		{"unknown field", job, frame(frameJob, `{"kind":"run","more":1}`, "")},
		{"unknown inner field", job, frame(frameJob, `{"kind":"run","budget":{"x":1}}`, "")},
		{"two values", job, frame(frameJob, `{"kind":"run"}{}`, "")},
		{"no JSON", job, frame(frameJob, "", "")},
		{"negative parameter", job, frame(frameJob, `{"kind":"run","params":{"n":-1}}`, "")},
		{"long", job, frame(frameJob, `{"kind":"run"}`, strings.Repeat("x", 1<<10))},
		{"lying length", job, bad(15, 0xff)},
		{"part longer than all", job, frame(frameJob, `{"kind":"run","parts":[{"role":"with","name":"","bytes":2}]}`, "x")},
		{"negative part", job, frame(frameJob, `{"kind":"run","parts":[{"role":"with","name":"","bytes":-1}]}`, "x")},
		{"part of no role", job, frame(frameJob, `{"kind":"run","parts":[{"role":"run","name":"","bytes":1}]}`, "x")},
		{"progress alone", report, frame(frameProgress, `{"done":1,"of":2,"left_s":0}`, "x")},
		{"progress beyond its end", report, frame(frameProgress, `{"done":3,"of":2,"left_s":0}`, "")},
		{"point of nothing", report, frame(frameProgress, `{"done":1,"of":2,"left_s":0,"point":{"params":{}}}`, "")},
		{"raw after report", report, frame(frameReport, `{"document":1}`, "x")},
		{"empty report", report, frame(frameReport, `{}`, "")},
		{"two in one", report, frame(frameReport, `{"document":1,"problem":{}}`, "")},
	} {
		if err := row.read(row.in); !errors.Is(err, ErrFrame) {
			t.Errorf("%s: %v, want ErrFrame", row.name, err)
		}
	}
}

// TestLyingLengthCostsNothing holds that a header alone allocates little.
func TestLyingLengthCostsNothing(t *testing.T) {
	b := frame(frameJob, "", "")
	binary.LittleEndian.PutUint32(b[12:], 1<<31)
	got := testing.Benchmark(func(bb *testing.B) {
		bb.ReportAllocs()
		for bb.Loop() {
			if _, err := ReadJob(bytes.NewReader(b), 1<<32); err == nil {
				bb.Fatal("no error")
			}
		}
	})
	if n := got.AllocedBytesPerOp(); n > 64<<10 {
		t.Errorf("%d bytes allocated", n)
	}
}

// FuzzRead holds that exactly one of value and error comes back, and that what
// was read writes and reads back to the same value.
func FuzzRead(f *testing.F) {
	var job, rep bytes.Buffer
	if err := errors.Join(WriteJob(&job, testJob()), WriteReport(&rep, testResult())); err != nil {
		f.Fatal(err)
	}
	f.Add(job.Bytes())
	f.Add(rep.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		const max = 1 << 16
		j, err := ReadJob(bytes.NewReader(b), max)
		if (j == nil) == (err == nil) {
			t.Fatalf("job %v, error %v", j, err)
		}
		if j != nil {
			again[Job](t, j, WriteJob, func(r io.Reader) (*Job, error) { return ReadJob(r, 1<<20) })
		}
		r, err := ReadReport(bytes.NewReader(b), max, nil)
		if (r == nil) == (err == nil) {
			t.Fatalf("report %v, error %v", r, err)
		}
		if r != nil {
			again[Report](t, r, WriteReport, func(r io.Reader) (*Report, error) { return ReadReport(r, 1<<20, nil) })
		}
	})
}

// again writes v, reads it and compares the JSON of both, in which absent and
// empty are one.
func again[T any](t *testing.T, v *T, write func(io.Writer, *T) error, read func(io.Reader) (*T, error)) {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, v); err != nil {
		t.Fatal(err)
	}
	got, err := read(&b)
	if err != nil {
		t.Fatal(err)
	}
	x, _ := json.Marshal(v)
	y, _ := json.Marshal(got)
	if !bytes.Equal(x, y) {
		t.Fatalf("%s\n%s", x, y)
	}
}

// TestParamsAreNumbers: a report whose parameters are anything else is none.
func TestParamsAreNumbers(t *testing.T) {
	for text, good := range map[string]bool{`{"n":7,"a":-2.5e-3}`: true, `{"n":"x\n"}`: false, `{"n":"\u001b[0m"}`: false, `{"n":true}`: false, `{"n":[1]}`: false} {
		var r Result
		if err := json.Unmarshal([]byte(`{"params":`+text+`}`), &r); (err == nil) != good {
			t.Errorf("%s: %v", text, err)
		}
	}
}
