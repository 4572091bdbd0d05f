# What the pairs of one run or of many came to, with R (Debian: r-base-core). The same as analyse.py.
#
#   wh-sim run churn_1k --seeds 1-5 --data --out /tmp/churn
#   Rscript analyse.R /tmp/churn

# A table of every run below a folder, as one.
read <- function(table, folder) {
  files <- list.files(folder, paste0("^", table, "\\.csv$"), recursive = TRUE, full.names = TRUE)
  if (length(files) == 0)
    stop(folder, ": no ", table, ".csv here or below; `wh-sim run ... --data` writes it", call. = FALSE)
  do.call(rbind, lapply(sort(files), read.csv, na.strings = ""))
}

# By nearest rank. A time that never came has no value, and ranks last.
quantile_of <- function(times, q) {
  ranked <- sort(ifelse(is.na(times), Inf, times))
  if (length(ranked) == 0) NA else ranked[max(1, ceiling(q * length(ranked)))]
}

say <- function(what, value) {
  word <- if (is.na(value)) "none" else if (is.infinite(value)) "never" else sprintf("%.4f", value)
  cat(sprintf("%-32s%10s\n", what, word))
}

folder <- commandArgs(trailingOnly = TRUE)
if (length(folder) != 1) stop("usage: analyse.R FOLDER", call. = FALSE)
pairs <- read("pairs", folder)
lookups <- read("lookups", folder)
steps <- read("steps", folder)
pairs <- pairs[!is.na(pairs$asked_s), ]  # the others are in no metric
pairs$direct <- pairs$path == "direct"

say("direct, of those possible", mean(pairs$direct[pairs$o1 == 1]))

# Pairs of one run share hosts, so they are not independent: seeds are.
by_seed <- aggregate(direct ~ scenario + seed, pairs, mean)
say("direct, mean of seeds", mean(by_seed$direct))
say("direct, lowest seed", min(by_seed$direct))

asked <- pairs[pairs$udp_when_asked == 1, ]
say("first payload p50 (s)", quantile_of(asked$first_payload_s, 0.50))
say("first payload p95 (s)", quantile_of(asked$first_payload_s, 0.95))
say("first payload never", mean(is.na(asked$first_payload_s)))

judged <- lookups[!is.na(lookups$sought_host) & lookups$outcome != "left", ]
found <- judged$outcome == "found"
say("lookups that found", mean(found))
say("lookup p95 (s)", quantile_of(ifelse(found, judged$took_s, NA), 0.95))

before <- ave(steps$at_s, steps$scenario, steps$seed, FUN = function(at) c(0, head(at, -1)))
say("most bytes a second", max(steps$bytes / (steps$at_s - before)))

cat("\n")
ends <- paste(pairs$from_class, "to", pairs$to_class)
shares <- aggregate(cbind(pairs = 1, direct = pairs$direct, possible = pairs$o1), list(ends = ends), sum)
shares <- shares[order(shares$ends, method = "radix"), ]
cat(sprintf("%-20s%6d%6d%6d", shares$ends, as.integer(shares$pairs), as.integer(shares$direct),
            as.integer(shares$possible)), sep = "\n")
