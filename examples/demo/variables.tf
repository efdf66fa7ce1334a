variable "cluster_uri" {
  description = "URI of the cluster, or of mockkusto."
  type        = string
}

variable "blobs_url" {
  description = "URL of the container that holds the files of the data folder."
  type        = string
}
