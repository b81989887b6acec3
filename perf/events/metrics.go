package events

import _ "embed"

//go:embed data/pmu-metrics.tsv.gz
var metricsGz []byte

var metricsArchive archive

func metricsText() string { return metricsArchive.get(metricsGz) }
