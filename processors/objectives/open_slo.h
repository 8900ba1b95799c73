// OpenSLO v1 documents (https://github.com/OpenSLO/OpenSLO) as users write them, into objectives.
//
// Everything of the specification is read; an unknown key is an error with its line. What Weir does
// not run (another metric source, a threshold metric, ...) is no error until it is to be run: then
// it is refused, with file, line and the alternative.
//
// Weir's own: `metricSource.type: weir`, `spec.query` is a predicate (processors/predicates) and
// `spec.per` a list of dimensions; the annotation `weir/short-window` of an AlertCondition is its
// second window; an alert policy named `default` is that of policy.h, and so is none.
#pragma once

#include <string>
#include <vector>

#include "processors/core/result.h"
#include "processors/objectives/policy.h"
#include "weir/v1/objective.pb.h"

namespace weir::objectives {

/// One objective of an SLO document. Where an SLO has several they are called name-1, name-2, ...
struct OpenSloObjective {
  v1::ObjectiveDefinition definition;  // complete where nothing is refused
  std::string where;                   // "slo.yaml:3"
  std::vector<std::string> refused;    // "slo.yaml:17: what, and what to do": why it cannot run
};

/// A source of documents: a name for errors, and its text.
struct OpenSloFile {
  std::string name;
  std::string text;
};

/// All objectives, in the order of the documents; these refer to each other across files. Error:
/// invalid_argument, every problem one a line with file and line.
Result<std::vector<OpenSloObjective>> read_open_slo(const std::vector<OpenSloFile>& files,
                                                    const LowTraffic& low_traffic);

/// Reads files from disk. Errors: as read_open_slo, not_found, io.
Result<std::vector<OpenSloObjective>> load_open_slo(const std::vector<std::string>& files,
                                                    const LowTraffic& low_traffic);

/// Of a file that is to be a configuration. Error: invalid_argument, where it has an OpenSLO
/// document in it. One that cannot be read, or is not YAML, is for whoever reads it.
Result<void> refuse_open_slo(const std::string& file);

/// What is to be run. Error: invalid_argument, every refusal one a line; of all that can run, that
/// they are too many (kMaxObjectives), or too long together (kMaxObjectivesBytes).
Result<v1::Objectives> to_run(const std::vector<OpenSloObjective>& objectives);

}  // namespace weir::objectives
