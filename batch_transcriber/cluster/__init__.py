"""Other machines at work: calls on the workers of a Dask cluster, whatever becomes of these."""

from batch_transcriber.cluster.cluster import Cluster, ClusterLostError, WorkerDiedError
from batch_transcriber.cluster.worker import Link, Preparation

__all__ = ["Cluster", "ClusterLostError", "Link", "Preparation", "WorkerDiedError"]
