// OpenSLO documents as plain values, before they refer to each other. Internal to
// processors/objectives.
//
// What is not OpenSLO is recorded in the document (Section::refuse); what is, and Weir does not
// run, is noted as `refused` beside the value.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "processors/config/document.h"
#include "processors/core/time.h"
#include "weir/v1/objective.pb.h"

namespace weir::objectives {

using Refusals = std::vector<std::string>;  // "slo.yaml:17: what, and what to do"

/// A metric source of Weir's: which events.
struct Query {
  std::string where;
  std::string text;
  std::vector<std::string> per;
};

struct Indicator {
  std::optional<Query> good;
  std::optional<Query> bad;
  std::optional<Query> total;
  Refusals refused;
};

/// Either the name of another document, or the value itself.
template <class T>
struct Ref {
  std::string where;
  std::string name;  // empty: `value`
  std::optional<T> value;
};

struct AlertCondition {
  std::string name;
  v1::ConditionDefinition definition;
  Refusals refused;
};

struct AlertPolicy {
  std::string name;
  std::vector<Ref<AlertCondition>> conditions;
  std::vector<std::string> targets;
  Refusals refused;
};

struct Goal {
  std::string where;
  std::int64_t target_ppb = 0;
  DurationUs slice_us = 0;
  std::int64_t slice_target_ppb = 0;
  bool slice_above = false;
  std::optional<Ref<Indicator>> indicator;
  Refusals refused;
};

struct Slo {
  std::string name;
  std::string where;
  std::string service;
  v1::BudgetingMethod method = v1::BUDGETING_METHOD_UNSPECIFIED;
  DurationUs window_us = 0;
  std::optional<v1::CalendarWindow> calendar;
  std::optional<Ref<Indicator>> indicator;
  std::vector<Goal> goals;
  std::vector<Ref<AlertPolicy>> policies;
  Refusals refused;
};

struct OpenSloDocuments {
  std::vector<Slo> slos;
  std::map<std::string, Indicator> indicators;
  std::map<std::string, AlertPolicy> policies;
  std::map<std::string, AlertCondition> conditions;
};

/// Adds a document of whatever kind; what is wrong with it shows at its finish().
void read_document(const config::Section& root, OpenSloDocuments& documents);

// The parts, by file.
Indicator read_indicator(const config::Section& spec);
std::optional<Ref<Indicator>> read_indicator_ref(const config::Section& section);
AlertPolicy read_policy(const config::Section& root, const std::string& name);
AlertCondition read_condition(const config::Section& root, const std::string& name);
Slo read_slo(const config::Section& root, const std::string& name);

/// `metadata:` of a document; the empty name where it is missing, which is recorded.
std::string read_name(const config::Section& root);
void read_target(const config::Section& root);

}  // namespace weir::objectives
